import { appendFileSync, readFileSync, statSync } from "node:fs";
import { afterAll, describe, expect, test } from "@jest/globals";
import {
  csvOf,
  gb18030Of,
  officeMapping,
  officeRecords,
  officeTable,
  sampleRecords,
  xlsxOf,
} from "../setup/sample-files.ts";
import { onlyLine } from "./processes.ts";
import { openSubmitStage, readResults } from "./submit-stage.ts";

const stage = openSubmitStage();
afterAll(() => stage.clear());

const samples = sampleRecords("food-operation-license");
const table = officeTable(samples);
const mapping = stage.mapping(officeMapping);
const excelDay = (day: string) => Math.round(Date.parse(day) / 86_400_000) + 25_569;
const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join("");

describe("a file of an office's own making comes in whole", () => {
  const dated = table.map((row, at) =>
    row.map((cell, column) => {
      const [day, last] = [samples[at - 1]?.issuedOn, samples[at - 1]?.validUntil];
      if (at > 0 && column === 4 && day) return { day: excelDay(day) };
      return at > 0 && column === 5 && last ? excelDay(last) : cell;
    }),
  );
  test.each<[string, string, string | Uint8Array, readonly string[]]>([
    ["CSV in UTF-8", "utf8.csv", csvOf(table), []],
    ["CSV in UTF-8 with a byte order mark", "bom.csv", `\ufeff${csvOf(table)}`, []],
    ["CSV in GB18030, found out", "gb.csv", gb18030Of(csvOf(table)), []],
    ["CSV in GB18030, told", "gbk.csv", gb18030Of(csvOf(table)), ["--encoding", "GBK"]],
    ["CSV with semicolons and plain line ends", "semicolon.csv", csvOf(table, ";", "\n"), []],
    [
      "CSV with tabs in UTF-16, as spreadsheets save “Unicode text”",
      "tab.txt",
      Buffer.from(`\ufeff${csvOf(table, "\t")}`, "utf16le"),
      [],
    ],
    [
      "CSV of several makers, put together",
      "mixed.csv",
      `${csvOf(table.slice(0, 9))}\ufeff${csvOf(table.slice(9), ",", "\n")}`,
      [],
    ],
    ["a workbook of texts", "texts.xlsx", xlsxOf(table), []],
    ["a workbook with date cells and bare day numbers", "dates.xlsx", xlsxOf(dated), ["--sheet", "证照"]],
  ])("%s", async (_, name, content, more) => {
    const path = stage.file(name, content);
    const { code, out, error, rows, door } = await stage.submit(path, ["--mapping", mapping, ...more]);
    expect([code, error]).toEqual([0, ""]);
    expect(out).toContain(`${samples.length} rows: ${samples.length} accepted, 0 unchanged`);
    expect([...door.stored.values()]).toEqual([officeRecords(samples)]);
    expect(rows).toHaveLength(table.length);
    expect(rows.map((row) => row[0])).toEqual(["行号 Row", ...table.slice(1).map((_, at) => String(at + 2))]);
    expect(rows[0]?.slice(1, -4)).toEqual(table[0]);
    expect(rows[1]?.at(-4)).toBe("已接收 ACCEPTED");
    expect(rows[1]?.at(-3)).toContain("1.2.156.3005.2.11100000MB0143028RX01");
  });

  test("NDJSON as the hub itself writes it needs no mapping and comes out as it went in", async () => {
    const path = stage.file("licenses.ndjson", lines(samples).replaceAll("\n", "\r\n\n"));
    const { code, door, rows } = await stage.submit(path);
    expect([code, [...door.stored.values()]]).toEqual([0, [samples]]);
    expect(rows).toHaveLength(samples.length + 1);
    expect(rows[2]?.[0]).toBe("3");
    expect(JSON.parse(rows[1]?.[1] ?? "")).toEqual(samples[0]);
  });

  test("NDJSON with an office's own names, nested ones too", async () => {
    const own = samples.map(({ sourceRecordId, number, holder, issuedOn, sourceUpdatedAt }) => ({
      ...{ 流水号: sourceRecordId, 编号: number, 主体: { 名称: holder?.name, 代码: holder?.id }, 日期: issuedOn },
      ...{ 更新: sourceUpdatedAt, 项目: ["甲", "乙"], 面积: 12.5 },
    }));
    const columns = {
      ...{ 流水号: "sourceRecordId", 编号: "number", "主体.名称": "holder.name", "主体.代码": "holder.id" },
      ...{ 日期: ["issuedOn", "validFrom"], 更新: "sourceUpdatedAt" },
      ...{ 项目: { field: "attributes.items", as: "list" }, 面积: { field: "attributes.area", as: "number" } },
    };
    const json = { columns, constants: { ...officeMapping.constants, operation: "ISSUE" } };
    const { code, door } = await stage.submit(stage.file("own.jsonl", lines(own)), ["--mapping", stage.mapping(json)]);
    expect(code).toBe(0);
    expect([...door.stored.values()][0]?.[3]?.attributes).toEqual({ items: ["甲", "乙"], area: 12.5 });
  });

  test("CSV whose headings are our own names needs no mapping", async () => {
    const head = "sourceRecordId,operation,sourceUpdatedAt,licenseType,issuer,identifier,effectiveOn,reason\n";
    const path = stage.file("events.csv", `${head}e1,suspend,2026-11-01 9:00,T,D,1.2.156,2026/11/1,整顿\n`);
    const { code, door } = await stage.submit(path);
    expect([code, [...door.stored.values()][0]?.[0]]).toEqual([
      0,
      {
        ...{
          sourceRecordId: "e1",
          operation: "SUSPEND",
          sourceUpdatedAt: "2026-11-01T09:00:00+08:00",
          licenseType: "T",
        },
        ...{ issuer: "D", identifier: "1.2.156", effectiveOn: "2026-11-01", reason: "整顿" },
      },
    ]);
  });

  test("a title above the headings, blank rows and columns nobody maps are no hindrance; the latter are told", async () => {
    const titled = [
      ["威海市食品经营许可清单"],
      [],
      ...table.map((row, at) => [...row, at === 0 ? "备注" : "x"]),
      ["", "", ""],
    ];
    const path = stage.file("titled.csv", csvOf(titled));
    const args = ["--mapping", stage.mapping({ ...officeMapping, headerRow: 3 }), "--json"];
    const { code, out, rows } = await stage.submit(path, args);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      accepted: samples.length,
      unused: ["备注"],
      kind: "CSV",
      encoding: "utf-8",
    });
    expect([rows[0]?.at(-5), rows[1]?.[0], rows[1]?.at(-5)]).toEqual(["备注", "4", "x"]);
  });
});

describe("what is wrong with a row costs that row only", () => {
  const change = (column: string, value: string) => {
    const at = table[0]?.indexOf(column);
    return (table[1] ?? []).map((cell, index) => (index === at ? value : cell));
  };

  test("the results say of every row what became of it, in both languages; the command ends with 1", async () => {
    const [head = [], ...good] = table;
    const spoiled = [
      head,
      ...good.slice(0, 2),
      change("有效期至", "2021-02-30"),
      change("统一社会信用代码", "9.1371E+17"),
    ];
    const rowsIn = [
      ...spoiled,
      change("负责人", "=cmd|'/c calc'!A1"),
      change("许可证编号", ""),
      [...change("流水号", "9"), "zu viel"],
    ];
    const path = stage.file("spoiled.csv", csvOf(rowsIn));
    const { code, out, error, rows, door } = await stage.submit(path, ["--mapping", mapping]);
    expect([code, error]).toEqual([1, ""]);
    expect(out).toContain("共 7 行：已接收 3，无变化 0，待处理 0，未接收 1，未报送 3。");
    expect([...door.stored.values()][0]).toHaveLength(4);
    const told = rows.map((row) => [row[0], row.at(-4), row.at(-1)]);
    expect(told.slice(1)).toEqual([
      ["2", "已接收 ACCEPTED", ""],
      ["3", "已接收 ACCEPTED", ""],
      ["4", "未报送 NOT_SENT", expect.stringMatching(/^有效期至: “2021-02-30” is not a day that exists/)],
      ["5", "未报送 NOT_SENT", expect.stringContaining("lost its last digits (9.1371E+17)")],
      ["6", "已接收 ACCEPTED", ""],
      ["7", "未接收 REJECTED", expect.stringContaining("(FIELD_MISSING number)")],
      ["8", "未报送 NOT_SENT", expect.stringContaining("The row has 14 cells")],
    ]);
    expect(rows[3]?.at(-2)).toMatch(/^有效期至：“2021-02-30”不是可识别的日期/);
    expect(rows[6]?.at(-2)).toContain("缺少必填字段");
    // Its own cells as they were, but none of them runs.
    expect(rows[5]?.slice(1, -4)).toEqual(change("负责人", "'=cmd|'/c calc'!A1"));
  });

  test("of NDJSON too: no JSON, a key twice, unknown fields, a line too long", async () => {
    const one = JSON.stringify(samples[0]);
    const bad = [
      "{",
      '{"a":1,"a":2}',
      "[]",
      one.replace("{", '{"x":1,'),
      `{"reason":"${"长".repeat(1_100_000)}"}`,
      "\u0001",
    ];
    const path = stage.file("bad.ndjson", `${bad.join("\n")}\n${one}`);
    const { code, rows } = await stage.submit(path);
    expect([code, rows.slice(1).map((row) => [row[0], row.at(-4)])]).toEqual([
      1,
      [..."123456"].map((row) => [row, "未报送 NOT_SENT"]).concat([["7", "已接收 ACCEPTED"]]),
    ]);
    expect(rows[4]?.at(-1)).toContain("no field x");
    expect(rows[5]?.at(-1)).toContain("longer than 1048576 characters");
  });

  test("a file of which nothing can be sent asks nobody", async () => {
    const path = stage.file("none.csv", csvOf([table[0] ?? [], change("有效期至", "x")]));
    const { code, rows, door } = await stage.submit(path, ["--mapping", mapping]);
    expect([code, rows.length, door.asked.length]).toEqual([1, 2, 0]);
  });
});

describe("a call", () => {
  const path = stage.file("small.csv", csvOf(table.slice(0, 4)));

  test("without storing says so, to the hub and to the clerk", async () => {
    const { code, out, door } = await stage.submit(path, ["--mapping", mapping, "--dry-run"]);
    expect([code, door.asked[0]?.dryRun, door.stored.size]).toEqual([0, true, 0]);
    expect(out).toContain("nothing was stored");
  });

  test("a second time is the same batch, in whatever encoding; another record makes another", async () => {
    const { door } = await stage.submit(path, ["--mapping", mapping]);
    await stage.submit(stage.file("small-gb.csv", gb18030Of(csvOf(table.slice(0, 4)))), ["--mapping", mapping], door);
    expect(door.asked.map(({ batchId }) => batchId)).toEqual([door.asked[0]?.batchId, door.asked[0]?.batchId]);
    expect(door.asked[0]?.batchId).toMatch(/^file-[0-9a-f]{40}$/);
    await stage.submit(stage.file("smaller.csv", csvOf(table.slice(0, 3))), ["--mapping", mapping], door);
    expect(door.stored.size).toBe(2);
    await stage.submit(path, ["--mapping", mapping, "--batch", "2026-11"], door);
    expect(door.asked.at(-1)?.batchId).toBe("2026-11");
  });

  test("puts the results where it is told, readable for whom the file is, and leaves nothing beside them", async () => {
    const results = stage.file("mine.csv", "old");
    const { code } = await stage.submit(path, ["--mapping", mapping, "--results", results]);
    expect([code, readResults(results).length]).toEqual([0, 4]);
    const bytes = readFileSync(results);
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from("efbbbf", "hex"));
    expect(bytes.toString().split("\r\n")).toHaveLength(5);
    expect(statSync(results).mode & 0o777).toBe(statSync(path).mode & 0o666);
  });

  test("sends the token, and needs no database", async () => {
    const { door, code } = await stage.submit(path, ["--mapping", mapping]);
    expect([code, door.asked[0]?.headers.authorization]).toEqual([0, "Bearer aaaa.bbbb.cccc"]);
    expect(door.asked[0]?.headers["content-type"]).toBe("application/x-ndjson");
  });

  test("never writes over what it reads", async () => {
    for (const target of [path, mapping]) {
      const before = readFileSync(target);
      const ended = await stage.run([
        path,
        "--mapping",
        mapping,
        "--token-file",
        path,
        "--results",
        target,
        "--hub",
        "http://127.0.0.1:1",
      ]);
      expect([ended.code, readFileSync(target)]).toEqual([2, before]);
    }
    const token = stage.file("other-token.txt", "a.b.c");
    const ended = await stage.run([path, "--mapping", mapping, "--token-file", token, "--results", token]);
    expect([ended.code, onlyLine(ended)]).toEqual([2, expect.stringContaining("would overwrite")]);
  });

  test("explains itself", async () => {
    const { code, out } = await stage.run(["--help"]);
    expect([code, out]).toEqual([0, expect.stringContaining("Usage: hub submit FILE [options]")]);
    expect(out).not.toContain("DATABASE_URL");
  });
});

describe("what can not be done is said in one line, with 2 and nothing sent", () => {
  const head = (table[0] ?? []).join(",");
  const first = (table[1] ?? []).join(",");
  const text = `${head}\n${first}\n`;
  const huge = `${head}\n"${"x".repeat(2_000_000)}\n`;
  test.each<[string, string, string | Uint8Array, RegExp, readonly string[]]>([
    ["an empty file", "f.csv", "", /the file is empty/, []],
    ["a heading only", "f.csv", `${head}\n`, /the file has no rows/, []],
    [
      "a column that is mapped and not there",
      "f.csv",
      text.replace("有效期至", "有效期"),
      /no column “有效期至”: it has 流水号, /,
      [],
    ],
    ["a mapped column twice", "f.csv", `${head},状态\n${first},x\n`, /two columns “状态”/, []],
    [
      "a million columns",
      "f.csv",
      `${Array.from({ length: 100_000 }, (_, at) => `c${at}`).join()}\n`,
      /100000 columns; at most 1000/,
      [],
    ],
    ["a quote never closed", "f.csv", `${text}"open,1\n2,3\n`, /row 3: a quote is opened and never closed/, []],
    ["a quote never closed, and much after it", "f.csv", huge, /row 2: .*longer than 1 MiB/, []],
    ["a quote in the middle", "f.csv", `${text}5"管,1\n`, /row 3: there is a quote where none may be/, []],
    ["NUL bytes", "f.csv", `${text}\u0000`, /the file is no text: there is a NUL byte/, []],
    [
      "a wrong --encoding",
      "f.csv",
      gb18030Of(text),
      /not whole as UTF-8: .*line 1 .*--encoding utf-8/,
      ["--encoding", "utf-8"],
    ],
    ["an unknown --encoding", "f.csv", text, /--encoding is one of utf-8, /, ["--encoding", "big5"]],
    [
      "damaged UTF-8",
      "f.csv",
      Buffer.concat([Buffer.from(text.repeat(3)), Buffer.from([0xe5])]),
      /not whole as UTF-8/,
      [],
    ],
    ["half a GB18030 character at the end", "f.csv", gb18030Of(`${text}长`).subarray(0, -1), /GB18030/, []],
    ["--sheet for CSV", "f.csv", text, /--sheet is for/, ["--sheet", "x"]],
    ["--encoding for a workbook", "f.xlsx", xlsxOf([["a"]]), /--encoding is for text/, ["--encoding", "gbk"]],
    ["an old workbook", "f.xls", Buffer.from("d0cf11e0a1b11ae1000000", "hex"), /old \.xls workbook/, []],
    ["a sheet that is not there", "f.xlsx", xlsxOf([["a"]]), /no sheet “x”/, ["--sheet", "x"]],
    ["an empty sheet", "f.xlsx", xlsxOf([]), /the file is empty/, []],
    ["one JSON list", "f.json", "[{}]", /one JSON list/, []],
    ["--attempts that is none", "f.csv", text, /--attempts/, ["--attempts", "0"]],
    ["--batch that is none", "f.csv", text, /--batch/, ["--batch", "批次"]],
  ])("%s", async (_, name, content, words, args) => {
    const path = stage.file(name, content);
    const { door, rows: _rows, ...ended } = await stage.submit(path, ["--mapping", mapping, ...args]);
    expect(onlyLine(ended)).toMatch(words);
    expect([ended.code, door.asked.length]).toEqual([2, 0]);
    expect(onlyLine(ended).length).toBeLessThan(500);
  });

  const path = stage.file("ok.csv", text);
  const token = stage.file("t.txt", "a.b.c");
  test.each<[string, readonly string[], RegExp]>([
    ["no file", [], /expected hub submit FILE/],
    ["a file that is not there", ["missing.csv", "--token-file", token], /the file can not be read/],
    ["a folder", [".", "--token-file", token], /not a file|can not be read/],
    ["nobody", [path], /say who you are/],
    ["two identities", [path, "--token-file", token, "--key", token], /not both/],
    ["half an identity", [path, "--key", token], /say who you are/],
    ["a token that is none", [path, "--token-file", path], /holds no access token/],
    ["a key that is none", [path, "--client", "c", "--key", token], /holds no private key/],
    ["a hub that is no address", [path, "--token-file", token, "--hub", "hub"], /--hub is an address/],
    ["a hub without TLS", [path, "--token-file", token, "--hub", "http://hub.example"], /--hub must start with https/],
    ["a mapping that is not there", [path, "--token-file", token, "--mapping", "none"], /mapping file can not be read/],
    ["a mapping that is no JSON", [path, "--token-file", token, "--mapping", path], /no JSON that can be used/],
    [
      "a file without a mapping",
      [path, "--token-file", token],
      /column “流水号” is no field of ours: name it with --mapping/,
    ],
    [
      "results in a folder that is not there",
      [path, "--token-file", token, "--mapping", mapping, "--results", "none/x.csv"],
      /results can not be written/,
    ],
  ])("%s", async (_, args, words) => {
    const ended = await stage.run(args);
    expect([ended.code, onlyLine(ended)]).toEqual([2, expect.stringMatching(words)]);
  });

  test("a mapping that names a column twice, or a field that is none", async () => {
    const twice = stage.file("twice.json", '{"columns":{"a":"number","a":"reason"}}');
    const none = stage.mapping({ columns: { a: "numbr" } });
    const marked = stage.file("marked.json", `\ufeff${JSON.stringify({ columns: { a: "numbr" } })}`);
    const say = async (file: string) => onlyLine(await stage.run([path, "--token-file", token, "--mapping", file]));
    expect(await say(twice)).toContain("it names something twice");
    expect(await say(none)).toContain("column “a” names the field “numbr”");
    expect(await say(marked)).toContain("column “a” names the field “numbr”");
  });
});

test("a file that changes while it is handed in is noticed", async () => {
  const path = stage.file("moving.ndjson", lines(samples));
  const admit = async () => {
    appendFileSync(path, "\n");
    return undefined;
  };
  const { door: _door, rows: _rows, ...ended } = await stage.submit(path, [], { admit });
  expect([ended.code, onlyLine(ended)]).toEqual([1, expect.stringContaining("the file was changed meanwhile")]);
});
