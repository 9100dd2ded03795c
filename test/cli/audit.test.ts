import { cpSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readServed } from "../../src/cli/audit/auditing.ts";
import { readWanted } from "../../src/cli/audit/wanted-licenses.ts";
import { logReader, openLog } from "../../src/connectors/log-reader.ts";
import { type AuditFinding, wordsOf } from "../../src/proof/audit/audit-codes.ts";
import { type AuditMemory, formatMemory, parseMemory } from "../../src/proof/audit/audit-memory.ts";
import { openLogNote, type SignedCheckpoint } from "../../src/proof/audit/log-note.ts";
import { digestOf } from "../../src/proof/canonical-json.ts";
import { formatCheckpoint } from "../../src/proof/log/checkpoint.ts";
import { entryBytes, type LogEntry } from "../../src/proof/log/log-entry.ts";
import { formatNoteKey } from "../../src/proof/log/signed-note.ts";
import { checkLog, type LogToCheck } from "../../src/use-cases/log/check-log.ts";
import { followLog } from "../../src/use-cases/log/follow-log.ts";
import { makeTestKey, type TestKey } from "../proof/samples.ts";
import { type LogKey, makeLogKey, makeWitness, someEntries, writeLog } from "./log-folder.ts";
import { openWorkshop, root } from "./processes.ts";

const workshop = openWorkshop();
const size = 70_000; // three levels of tiles
let key: LogKey;
let sound: string;
let note: string;
let copies = 0;
beforeAll(async () => {
  key = await makeLogKey();
  sound = join(workshop.folder, "sound");
  note = await writeLog(sound, someEntries(size), key);
});
afterAll(() => workshop.clear());

/** A copy of the small log, to break. */
async function smallLog(count = 1_000, entries = someEntries(count)): Promise<string> {
  copies += 1;
  const folder = join(workshop.folder, `log-${copies}`);
  await writeLog(folder, entries, key);
  return folder;
}

async function opened(text: string): Promise<SignedCheckpoint> {
  const checkpoint = await openLogNote(text, [key.key]);
  if ("code" in checkpoint) throw new Error(checkpoint.code);
  return checkpoint;
}

const checkpointOf = async (folder: string) => opened(readFileSync(join(folder, "checkpoint"), "utf8"));

/** Checks a folder; `memories`: what was kept on the way. */
async function check(folder: string, order: Partial<LogToCheck> = {}, isStopped = () => false) {
  const findings: AuditFinding[] = [];
  const memories: AuditMemory[] = [];
  const read: number[] = [];
  const result = await checkLog(
    {
      log: await openLog(folder),
      report: (finding) => findings.push(finding),
      progress: (reached) => read.push(reached),
      remember: async (memory) => {
        const kept = parseMemory(formatMemory(memory));
        if (kept) memories.push(kept);
      },
      isStopped,
    },
    { checkpoint: await checkpointOf(folder), known: [], ...order },
  );
  return {
    ...result,
    findings,
    memories,
    read,
    named: findings.map(({ code, path }) => `${code} ${path ?? ""}`.trim()),
  };
}

describe("fsck", () => {
  test("finds a log of three levels in order, and remembers where it ended", async () => {
    const { outcome, findings, memories } = await check(sound);
    expect([outcome, findings]).toEqual(["IN_ORDER", []]);
    expect(memories.map(({ edge }) => edge.size())).toEqual([65_536, size]);
    expect(memories.at(-1)?.note).toBe(note);
  });

  test("names a truncated tile, and everything else that is damaged, each by its path", async () => {
    const folder = join(workshop.folder, "broken");
    cpSync(sound, folder, { recursive: true });
    const path = (name: string) => join(folder, "tile", name);
    truncateSync(path("0/017"), 100);
    truncateSync(path("entries/018"), 100);
    rmSync(path("0/019"));
    rmSync(path("entries/020"));
    cpSync(path("entries/022"), path("entries/021"));
    cpSync(path("0/022"), path("0/023"));
    rmSync(path("entries/024"));
    rmSync(path("0/024"));
    cpSync(path("1/001.p/17"), path("2/000.p/1"));
    truncateSync(path("2/000.p/1"), 32);
    cpSync(path("entries/022"), path("entries/273.p/112"));
    const { outcome, named } = await check(folder);
    expect(outcome).toBe("WRONG");
    expect(named).toEqual([
      "TILE_DAMAGED tile/0/017",
      "BUNDLE_DAMAGED tile/entries/018",
      "TILE_MISSING tile/0/019",
      "BUNDLE_MISSING tile/entries/020",
      "BUNDLE_DAMAGED tile/entries/021",
      "TILE_DAMAGED tile/0/023",
      "BUNDLE_MISSING tile/entries/024",
      "TILE_MISSING tile/0/024",
      "BUNDLE_DAMAGED tile/entries/273.p/112",
      "TILE_DAMAGED tile/2/000.p/1",
    ]);
  });

  test("accuses nobody of a license that may stand where the log could not be read", async () => {
    const bundle = join(root, "test", "vectors", "bundles", "v1", "valid.bundle.json");
    const { entry } = JSON.parse(readFileSync(bundle, "utf8")).log;
    const folder = await smallLog(0, [...someEntries(10), Buffer.from(entry), ...someEntries(300, "later")]);
    const told = async () => {
      const wanted = await readWanted([bundle], undefined, () => undefined);
      const { named } = await check(folder, { onEntries: wanted.look });
      return [...named, ...wanted.findings(311).map(({ code }) => code)];
    };
    expect(await told()).toEqual(["LICENSE_LOGGED"]);
    rmSync(join(folder, "tile", "entries", "000"));
    expect(await told()).toEqual(["BUNDLE_MISSING tile/entries/000", "LICENSE_UNDECIDED"]);
    const other = await smallLog(311);
    const wanted = await readWanted([bundle], undefined, () => undefined);
    await check(other, { onEntries: wanted.look });
    expect(wanted.findings(311).map(({ code }) => code)).toEqual(["LICENSE_MISSING"]);
  });

  test("tells a checkpoint rolled back, with both notes", async () => {
    const known = await opened(note);
    const folder = await smallLog();
    const { findings } = await check(folder, { known: [known] });
    expect(findings).toEqual([{ code: "ROLLED_BACK", notes: [note, (await checkpointOf(folder)).note] }]);
  });

  test("holds the log to a checkpoint kept earlier, on the way and where it went on behind it", async () => {
    const kept = await checkpointOf(await smallLog(300));
    const folder = await smallLog(1_000);
    expect((await check(folder, { known: [kept] })).findings).toEqual([]);
    const { memories } = await check(folder);
    const later = await smallLog(1_100);
    const gone = await check(later, { known: [kept], from: memories[0]?.edge });
    expect([gone.findings, gone.from, gone.restarted]).toEqual([[], 1_000, false]);
  });

  test("tells a log that was rewritten and signed anew: a fork, with both notes", async () => {
    const kept = await checkpointOf(await smallLog(300));
    const folder = await smallLog(1_000, [...someEntries(200), ...someEntries(800, "other")]);
    const forked = [{ code: "FORK", notes: [kept.note, (await checkpointOf(folder)).note] }];
    expect((await check(folder, { known: [kept] })).findings).toEqual(forked);
    const { memories } = await check(folder);
    // What was remembered is of the other history: it is not believed, and the fork comes out.
    const own = (await check(await smallLog(400))).memories[0];
    const gone = await check(folder, { known: [kept], from: own?.edge });
    expect([gone.findings, gone.restarted]).toEqual([forked, true]);
    expect(memories).toHaveLength(1);
    expect(gone.memories).toEqual([]);
  });

  test("tells a root that was changed and signed with the log's own key", async () => {
    const folder = await smallLog();
    const { origin } = await checkpointOf(folder);
    const false_ = await key.sign(formatCheckpoint({ origin, size: 1_000, root: new Uint8Array(32) }));
    const { named } = await check(folder, { checkpoint: await opened(false_) });
    expect(named).toEqual(["ROOT"]);
  });

  test("goes on where it was interrupted, and reads only what is new", async () => {
    let asked = 0;
    const stopped = await check(sound, {}, () => {
      asked += 1;
      return asked === 100;
    });
    expect(stopped.outcome).toBe("STOPPED");
    const [memory] = stopped.memories;
    expect(memory?.edge.size()).toBe(100 * 256);
    const rest = await check(sound, { from: memory?.edge });
    expect([rest.outcome, rest.from, rest.read[0]]).toEqual(["IN_ORDER", 100 * 256, 101 * 256]);
    const nothing = await check(sound, { from: rest.memories.at(-1)?.edge });
    expect([nothing.outcome, nothing.read]).toEqual(["IN_ORDER", []]);
  });

  test("remembers what it read when the log stops answering", async () => {
    const reader = await openLog(sound);
    const files = logReader(async (path) => {
      if (path.includes("x") || path.endsWith("/050")) throw new Error("gone");
      return readFileSync(join(sound, path));
    });
    const memories: AuditMemory[] = [];
    const tools = { report: () => undefined, progress: () => undefined, isStopped: () => false };
    const remember = async (memory: AuditMemory) => void memories.push(memory);
    const order = { checkpoint: await checkpointOf(sound), known: [] };
    await expect(checkLog({ ...tools, log: { ...reader, ...files }, remember }, order)).rejects.toThrow("gone");
    expect(memories.map(({ edge }) => edge.size())).toEqual([50 * 256]);
  });

  test("does not believe what it remembered when the file was damaged", async () => {
    const { memories } = await check(await smallLog());
    const [memory] = memories;
    if (!memory) throw new Error("nothing remembered");
    const text = formatMemory(memory);
    expect(parseMemory(text)?.edge.size()).toBe(1_000);
    for (const broken of [text.slice(0, -20), text.replace(":1000", ":1001"), "{}", ""])
      expect(parseMemory(broken)).toBeUndefined();
  });
});

describe("monitor", () => {
  const follow = async (folder: string, before?: AuditMemory, others: readonly SignedCheckpoint[] = []) => {
    const seen: number[] = [];
    const memories: AuditMemory[] = [];
    const findings = await followLog(
      {
        log: await openLog(folder),
        entry: (index) => seen.push(index),
        remember: async (memory) => void memories.push(memory),
        isStopped: () => false,
      },
      {
        newest: await checkpointOf(folder),
        before: before && { edge: before.edge, checkpoint: await opened(before.note) },
        others,
      },
    );
    return { findings, seen, memory: memories.at(-1) };
  };

  test("reads every entry once, round after round", async () => {
    const first = await follow(await smallLog(300));
    expect([first.findings, first.seen.length]).toEqual([[], 300]);
    const second = await follow(await smallLog(700), first.memory);
    expect([second.findings, second.seen[0], second.seen.length]).toEqual([[], 300, 400]);
  });

  test("begins at any entry, and holds the log to what lies before it all the same", async () => {
    const log = await openLog(sound);
    for (const from of [1, 255, 256, 65_536, 69_999, size]) {
      const edge = await log.readEdge(from, size);
      if ("unfit" in edge) throw new Error(edge.path);
      const seen: number[] = [];
      const memories: AuditMemory[] = [];
      const tools = { log, entry: (index: number) => seen.push(index), isStopped: () => false };
      const remember = async (memory: AuditMemory) => void memories.push(memory);
      const newest = await opened(note);
      const order = { newest, before: undefined, from: edge, others: [] };
      expect(await followLog({ ...tools, remember }, order)).toEqual([]);
      expect([seen.length, seen[0], memories.at(-1)?.edge.size()]).toEqual([
        size - from,
        from === size ? undefined : from,
        size,
      ]);
    }
    const other = await openLog(await smallLog(1_000, someEntries(1_000, "other")));
    const edge = await other.readEdge(700, 1_000);
    if ("unfit" in edge) throw new Error(edge.path);
    const tools = { log: await openLog(await smallLog()), entry: () => undefined, isStopped: () => false };
    const order = { newest: await checkpointOf(await smallLog()), before: undefined, from: edge, others: [] };
    const found = await followLog({ ...tools, remember: async () => undefined }, order);
    expect(found).toEqual([{ code: "ROOT" }]);
    const broken = await smallLog();
    rmSync(join(broken, "tile/0/002"));
    expect(await (await openLog(broken)).readEdge(700, 1_000)).toEqual({ unfit: "MISSING", path: "tile/0/002" });
  });

  test("raises the alarm when what it read was rewritten or taken back, with both notes", async () => {
    const { memory } = await follow(await smallLog(300));
    const rewritten = await smallLog(700, [...someEntries(299), ...someEntries(401, "other")]);
    const notes = [memory?.note, (await checkpointOf(rewritten)).note];
    const forked = await follow(rewritten, memory);
    expect(forked.findings).toEqual([{ code: "FORK", notes }]);
    expect(forked.memory).toBeUndefined();
    const { memory: longer } = await follow(await smallLog(310));
    expect((await follow(await smallLog(300), longer)).findings.map(({ code }) => code)).toEqual(["ROLLED_BACK"]);
  });

  test("tells a split view to two clients, whichever of them has seen more", async () => {
    const [one, other] = [await smallLog(500), await smallLog(800, someEntries(800, "other"))];
    const codes = async (folder: string, seen: string) =>
      (await follow(folder, undefined, [await checkpointOf(seen)])).findings.map(({ code }) => code);
    expect(await codes(other, one)).toEqual(["FORK"]);
    expect(await codes(one, other)).toEqual(["ROLLED_BACK"]);
    const same = await smallLog(500, someEntries(500, "other"));
    expect(await codes(one, same)).toEqual(["FORK"]);
    expect(await codes(await smallLog(900), one)).toEqual([]);
    const { memory } = await follow(await smallLog(900));
    const later = await follow(await smallLog(950), memory, [await checkpointOf(same)]);
    expect(later.findings.map(({ code }) => code)).toEqual(["FORK"]);
  });
});

describe("the commands", () => {
  const tessera = join(root, "test/vectors/tlog/tessera-log/log");
  const vkey = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
  const run = (program: "fsck" | "monitor", ...args: readonly string[]) => workshop.run(`src/cli/${program}.ts`, args);

  test("verify the complete log of another implementation, whose entries are none of ours", async () => {
    const [fsck, monitor] = await Promise.all([
      run("fsck", tessera, "--vkey", vkey, "--json", "--since", join(tessera, "checkpoint.7")),
      run("monitor", tessera, "--vkey", vkey, "--all", "--once", "--json"),
    ]);
    expect([fsck.code, fsck.error]).toEqual([0, ""]);
    expect(JSON.parse(fsck.out)).toMatchObject({ outcome: "IN_ORDER", findings: 0, size: 15 });
    expect([monitor.code, JSON.parse(monitor.out)]).toMatchObject([
      0,
      { outcome: "IN_ORDER", size: 15, read: 15, printed: 0, unknown: 15 },
    ]);
    expect(monitor.error).toMatch(/^monitor: nothing is remembered yet: reading all 15 entries so far\. \(--from now/);
  });

  test("hold a log to the witnesses that are named: on the newest checkpoint, or on one it begins with", async () => {
    const [one, other] = await Promise.all([makeWitness("one.example"), makeWitness("other.example")]);
    const folder = await smallLog(600);
    const file = join(folder, "checkpoint");
    const newest = readFileSync(file, "utf8");
    const text = newest.slice(0, newest.indexOf("\n\n") + 1);
    const files = (cosigned?: string) =>
      logReader(async (path) => {
        if (path === "checkpoint/cosigned") return cosigned === undefined ? undefined : Buffer.from(cosigned);
        return existsSync(join(folder, path)) ? readFileSync(join(folder, path)) : undefined;
      });
    const rule = (atLeast: number) => ({ keys: [one.key, other.key], atLeast });
    const told = async (atLeast: number, cosigned?: string) => {
      const { witnessed, findings } = await readServed(files(cosigned), [key.key], rule(atLeast));
      return [witnessed?.size, ...findings.map(({ code, detail }) => [code, detail].join(" ").trim())];
    };
    expect(await told(1)).toEqual([undefined, "WITNESSES_LACKING 0/2, ≥ 1"]);
    const earlier = await checkpointOf(await smallLog(400));
    const earlierText = earlier.note.slice(0, earlier.note.indexOf("\n\n") + 1);
    const seen = `${earlier.note}${await one.sign(earlierText)}`;
    expect(await told(1, seen)).toEqual([400]);
    expect(await told(2, seen)).toEqual([undefined, "WITNESSES_LACKING 1/2, ≥ 2"]);
    const stolen = `${earlier.note}${await one.sign(text)}`;
    expect(await told(1, stolen)).toEqual([undefined, "WITNESS_SIGNATURE", "WITNESSES_LACKING 0/2, ≥ 1"]);
    writeFileSync(file, `${newest}${await one.sign(text)}${await other.sign(text)}`);
    expect(await told(2)).toEqual([600]);
    // What they have signed and the log does not begin with is a fork, whatever is newest.
    const forked = await checkpointOf(await smallLog(400, someEntries(400, "other")));
    expect((await check(folder, { known: [forked] })).named).toEqual(["FORK"]);
    const witnesses = [one, other].flatMap(({ key: its }) => ["--witness", formatNoteKey(its)]);
    const common = [folder, "--vkey", key.vkey, ...witnesses, "--min-witnesses", "2"];
    const [fsck, monitor] = await Promise.all([
      run("fsck", ...common, "--json"),
      run("monitor", ...common, "--all", "--once", "--from", "now", "--holder", "nobody"),
    ]);
    expect([fsck.code, JSON.parse(fsck.out)]).toMatchObject([0, { outcome: "IN_ORDER", size: 600, witnessed: 600 }]);
    expect([monitor.code, monitor.out]).toEqual([
      0,
      "IN_ORDER  Nothing was taken back. (log.example/log: 600, 0 read now, 0 printed, of unknown kind 0, seen by witnesses up to 600)\n",
    ]);
    expect(monitor.error).toMatch(/^monitor: beginning at entry 600 of 600; .* Without --state the next run begins so/);
  });

  test("read a log over HTTP, keep its checkpoint and state, and print both notes of a fork", async () => {
    let folder = await smallLog(600);
    const server = createServer((request, response) => {
      const file = join(folder, (request.url ?? "").replace(/^\/log\//, ""));
      const isThere = request.url?.startsWith("/log/") && existsSync(file);
      response.writeHead(isThere ? 200 : 404).end(isThere ? readFileSync(file) : "");
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
    const [kept, state] = [join(workshop.folder, "kept"), join(workshop.folder, "state")];
    const first = await run("fsck", url, "--keep", kept, "--state", state);
    expect([first.code, first.error]).toEqual([0, expect.stringContaining(`--vkey '${key.vkey}'`)]);
    expect(readFileSync(kept, "utf8")).toBe((await checkpointOf(folder)).note);
    writeFileSync(state, readFileSync(state, "utf8").replace("600", "601"));
    folder = await smallLog(700, someEntries(700, "other"));
    const args = [`${url}/log`, "--vkey", key.vkey, "--since", kept, "--state", state];
    const [forked, split] = await Promise.all([
      run("fsck", ...args),
      run("monitor", url, "--vkey", key.vkey, "--all", "--once", "--compare", kept),
    ]);
    server.close();
    for (const { code, out } of [forked, split]) {
      expect([code, out]).toEqual([1, expect.stringContaining("✗ FORK")]);
      for (const file of [kept, join(folder, "checkpoint")])
        expect(out).toContain(readFileSync(file, "utf8").split("\n")[2]);
    }
    expect(forked.error).toContain("does not hold");
    expect(forked.error).toContain("use --since with a checkpoint you keep elsewhere");
    const away = await run("monitor", url, "--all", "--once", "--vkey", key.vkey);
    expect([away.code, away.out]).toEqual([2, ""]);
  });

  test("say what to do when the log's key is another, and close with the outcome", async () => {
    const { vkey: other } = await makeLogKey();
    const [fsck, json, letter] = await Promise.all([
      run("fsck", await smallLog(10), "--vkey", other),
      run("fsck", await smallLog(10), "--vkey", vkey, "--json"),
      run("fsck", await smallLog(10), "--vkey", vkey.replace("AeHT", "AeHU")),
    ]);
    expect([fsck.code, fsck.out]).toEqual([
      1,
      expect.stringMatching(
        /^✗ CHECKPOINT_SIGNATURE .* → If the hub has changed its log's key, fetch .*--keys; keep --since[\s\S]*\nWRONG {2}.*\n$/,
      ),
    ]);
    const [finding, outcome] = json.out.trim().split("\n");
    expect(JSON.parse(finding ?? "")).toMatchObject({ code: "CHECKPOINT_FOREIGN", todo: expect.any(String) });
    expect(JSON.parse(outcome ?? "")).toEqual({ outcome: "WRONG", findings: 1 });
    expect([letter.code, letter.error]).toEqual([2, expect.stringContaining("or a letter is wrong")]);
  });

  test("tell of a license whose signature failed what a verification tells for that reason", () => {
    const todo = (detail: string) => wordsOf({ code: "LICENSE_SIGNATURE", detail }).todo?.en;
    expect(todo("KEY_UNKNOWN")).toMatch(/^Fetch the hub's newest key set/);
    expect(todo("KEY_COMPROMISED")).toMatch(/^Do not rely on this copy; get the license anew/);
    expect(todo("toString")).toMatch(/^Do not rely on it/);
  });

  test("warn of a key set that is older than the log, and of options that have no effect", async () => {
    const [one, old] = [await makeTestKey(), await makeTestKey()];
    const keyOf = ({ kid }: TestKey["publicJwk"], more: Readonly<Record<string, number>> = {}): LogEntry => ({
      ...{ kind: "KEY", event: more["compromised"] === undefined ? "ADDED" : "COMPROMISED", kid },
      ...{ purpose: "license", from: 1_795_000_000, ...more },
    });
    const entries = [keyOf(one.publicJwk), keyOf(old.publicJwk), keyOf(old.publicJwk, { compromised: 1_795_320_000 })];
    const folder = await smallLog(3, entries.map(entryBytes));
    const [x, nbf] = [Buffer.from(key.key.point).toString("base64url"), 1_795_000_000];
    const kid = digestOf({ kty: "OKP", crv: "Ed25519", x });
    const iss = `https://${key.key.name.replace(/\/log$/, "")}`;
    const logJwk = { kty: "OKP", crv: "Ed25519", x, kid, use: "sig", alg: "EdDSA", purpose: "log", iss, nbf };
    const keysFile = (...jwks: readonly object[]) => {
      const path = join(workshop.folder, `keys-${jwks.length}-${JSON.stringify(jwks).length}.json`);
      writeFileSync(path, JSON.stringify({ keys: [logJwk, ...jwks] }));
      return path;
    };
    const sets = [
      keysFile(one.publicJwk, { ...old.publicJwk, compromised: 1_795_320_000 }),
      keysFile(one.publicJwk, old.publicJwk),
      keysFile(one.publicJwk),
    ];
    const state = join(workshop.folder, "idle-state");
    const watch = (...args: readonly string[]) =>
      run("monitor", folder, "--vkey", key.vkey, "--once", "--issuer", "X", ...args);
    const [known, uncompromised, unknown, first, foldered] = await Promise.all([
      ...sets.map((path) => run("fsck", folder, "--keys", path)),
      watch("--state", state),
      watch("--compare", folder),
    ]);
    expect([known?.code, known?.error]).toEqual([0, ""]);
    for (const older of [uncompromised, unknown])
      expect([older?.code, older?.error]).toEqual([0, expect.stringContaining("your key set lacks: fetch")]);
    const [from, since] = [nbf, 1_795_320_000].map((seconds) => new Date(seconds * 1000).toISOString());
    expect(first?.out.split("\n")[0]).toBe(
      `2  KEY         COMPROMISED  license  ${old.publicJwk.kid}  in use from ${from}  compromised since ${since}`,
    );
    expect([foldered?.code, foldered?.error]).toEqual([2, expect.stringMatching(/is a folder: name a file/)]);
    const idle = await watch("--state", state, "--from", "1");
    expect([idle.code, idle.error]).toEqual([0, expect.stringContaining("--from is passed over")]);
    writeFileSync(state, "{}");
    expect((await watch("--state", state)).error).toContain("use --compare with a checkpoint you keep elsewhere");
  });
});
