import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Encoding, findEncoding, probeEncoding, textDecoder } from "../../../src/domain/files/encoding.ts";

const chinese = "流水号,证号\r\n1,鲁威府（海）养证〔2026〕第00001号\r\n2,㐂𠀀镕\r\n";
/** The same text in GB18030, the last characters in its four-byte forms. */
const gbBytes = Buffer.from(
  "c1f7cbaebac52cd6a4bac50d0a312cc2b3cdfeb8aea3a8baa3a3a9d1f8d6a4a1b232303236a1b3b5da3030303031bac50d0a322c8139ef3195328236e9460d0a",
  "hex",
);

const probe = (bytes: Uint8Array, { told, piece = bytes.length }: { told?: Encoding; piece?: number } = {}) => {
  const one = probeEncoding(told);
  for (let at = 0; at < bytes.length; at += piece) one.add(bytes.subarray(at, at + piece));
  return one.end();
};
const read = (bytes: Uint8Array, encoding: Encoding, piece: number) => {
  const decoder = textDecoder(encoding);
  let text = "";
  for (let at = 0; at < bytes.length; at += piece) text += decoder.write(bytes.subarray(at, at + piece));
  return text + decoder.end();
};
const utf16 = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);

describe("a file's encoding", () => {
  test.each([1, 2, 3, 7, 1000])("is found and read alike in pieces of %d bytes", (piece) => {
    const samples: readonly (readonly [Uint8Array, Encoding])[] = [
      [Buffer.from(chinese), "utf-8"],
      [Buffer.from(`\ufeff${chinese}`), "utf-8"],
      [gbBytes, "gb18030"],
      [utf16(chinese), "utf-16le"],
      [Buffer.from("a,b\n1,2\n"), "utf-8"],
    ];
    for (const [bytes, encoding] of samples) {
      expect(probe(bytes, { piece })).toEqual({ encoding });
      expect(read(bytes, encoding, piece)).toBe(bytes.length < 20 ? "a,b\n1,2\n" : chinese);
    }
  });

  test("a damaged character in UTF-8 is said to be that, with its line, not read as other characters", () => {
    const bytes = Buffer.from(chinese.repeat(20));
    bytes[bytes.indexOf("府")] = 0x41;
    expect(probe(bytes)).toEqual({ fault: expect.stringMatching(/not whole as UTF-8: .*first in line 2$/) });
  });

  test("a file that says it is UTF-8 and is not is not guessed at", () => {
    expect(probe(Buffer.concat([Buffer.from("\ufeff"), gbBytes]))).toHaveProperty("fault");
  });

  test("half a character at the end is damage", () => {
    expect(probe(Buffer.from(chinese).subarray(0, 5))).toHaveProperty("fault");
    expect(probe(gbBytes.subarray(0, 5))).toHaveProperty("fault");
  });

  test("a character U+FFFD that somebody wrote is no damage of the file", () => {
    expect(probe(Buffer.from(`${chinese}\ufffd`))).toEqual({ encoding: "utf-8" });
  });

  test("a NUL byte is no text, whatever else the file holds", () => {
    for (const told of [undefined, "utf-8", "gb18030"] as const) {
      const bytes = Buffer.from("a,b\n1,\u00002\n");
      expect(probe(bytes, told ? { told } : {})).toEqual({ fault: expect.stringContaining("NUL byte at position 7") });
    }
  });

  test("told wrong, it is refused; told right, taken", () => {
    expect(probe(gbBytes, { told: "utf-8" })).toEqual({ fault: expect.stringContaining("not whole as UTF-8") });
    expect(probe(gbBytes, { told: "gb18030" })).toEqual({ encoding: "gb18030" });
    expect(probe(Buffer.from("a,b"), { told: "gb18030" })).toEqual({ encoding: "gb18030" });
    expect(probe(Buffer.from("abc"), { told: "utf-16le" })).toHaveProperty("fault");
  });

  test("what is neither is said to be neither", () => {
    expect(probe(Buffer.from([0xff, 0xff, 0x80, 0x0a, 0xff, 0x81, 0x30]))).toHaveProperty("fault");
  });

  test("is known by the names people use", () => {
    expect(["UTF-8", "utf8", "GBK", "gb2312", "GB18030", "utf-16"].map(findEncoding)).toEqual([
      ...["utf-8", "utf-8", "gb18030", "gb18030", "gb18030", "utf-16le"],
    ]);
    expect(findEncoding("constructor")).toBeUndefined();
  });

  test("any text in UTF-8 is found to be UTF-8, and comes out as it went in", () => {
    const text = fc.string({ unit: "grapheme" }).filter((one) => !/[\u0000\ufeff]/.test(one) && one.isWellFormed());
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 9 }), (one, piece) => {
        const bytes = Buffer.from(one);
        expect(probe(bytes, { piece })).toEqual({ encoding: "utf-8" });
        expect(read(bytes, "utf-8", piece)).toBe(one);
      }),
    );
  });
});

test("a byte order mark in the middle, where files were put together, is gone", () => {
  expect(read(Buffer.from("\ufeffa\n\ufeffb\n"), "utf-8", 2)).toBe("a\nb\n");
});
