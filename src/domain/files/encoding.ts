import { isAscii } from "node:buffer";

/** How a file writes its characters. GB18030 holds GBK and GB2312. */
export const encodings = ["utf-8", "gb18030", "utf-16le"] as const;
export type Encoding = (typeof encodings)[number];

/** What people call them. */
const names: Readonly<Record<string, Encoding>> = {
  "utf-8": "utf-8",
  utf8: "utf-8",
  gb18030: "gb18030",
  gbk: "gb18030",
  gb2312: "gb18030",
  "utf-16le": "utf-16le",
  "utf-16": "utf-16le",
};

/** The encoding of that name, in whatever case. */
export function findEncoding(name: string): Encoding | undefined {
  const key = name.toLowerCase();
  return Object.hasOwn(names, key) ? names[key] : undefined;
}

/** Which encoding a file has, or one line that says why none fits. */
export type EncodingVerdict = Readonly<{ encoding: Encoding } | { fault: string }>;

/** Looks at all bytes of a file, piece by piece. */
export type EncodingProbe = Readonly<{ add: (bytes: Uint8Array) => void; end: () => EncodingVerdict }>;

/**
 * Finds out how a whole file is encoded; told an encoding, checks that it fits. A few damaged characters in UTF-8 are
 * said to be just that: read as GB18030 they would become other characters that nobody misses.
 * *Trust*: every byte is whatever somebody handed in.
 */
export function probeEncoding(told?: Encoding): EncodingProbe {
  const utf8 = tally("utf-8");
  const gb = tally("gb18030");
  const wide = tally("utf-16le");
  let start: readonly number[] = [];
  let isPlain = true;
  let nulAt: number | undefined;
  let position = 0;

  const add = (bytes: Uint8Array) => {
    if (start.length < 3) start = [...start, ...bytes.subarray(0, 3 - start.length)];
    const nul = nulAt === undefined ? bytes.indexOf(0) : -1;
    if (nul >= 0) nulAt = position + nul;
    position += bytes.length;
    // Most pieces of most files are ASCII, which is the same in two of them.
    if (isPlain && !isAscii(bytes)) [isPlain, gb.line] = [false, utf8.line];
    for (const one of isPlain ? [utf8] : [utf8, gb]) one.add(bytes);
    if (start.length < 2 || isWide(start) || told === "utf-16le") wide.add(bytes);
  };

  const end = (): EncodingVerdict => {
    for (const one of [utf8, gb, wide]) one.end();
    if (told === "utf-16le" || (!told && isWide(start))) return verdictOf("utf-16le", wide);
    if (nulAt !== undefined) return { fault: `the file is no text: there is a NUL byte at position ${nulAt + 1}` };
    if (told) return verdictOf(told, told === "utf-8" || isPlain ? utf8 : gb);
    if (utf8.broken === 0) return { encoding: "utf-8" };
    const isMarked = start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf;
    if (isMarked || utf8.broken * 10 < utf8.beyondAscii) return verdictOf("utf-8", utf8);
    if (gb.broken === 0) return { encoding: "gb18030" };
    return { fault: `the file is neither UTF-8 nor GB18030 (look at line ${gb.brokenLine}): save it as CSV UTF-8` };
  };
  return { add, end };
}

function isWide(start: readonly number[]): boolean {
  return start[0] === 0xff && start[1] === 0xfe;
}

const shownNames = { "utf-8": "UTF-8", gb18030: "GB18030", "utf-16le": "UTF-16" } as const;

function verdictOf(encoding: Encoding, { broken, brokenLine }: Tally): EncodingVerdict {
  if (broken === 0) return { encoding };
  const count = broken === 1 ? "a character" : `${broken} characters`;
  return {
    fault: `the file is not whole as ${shownNames[encoding]}: ${count} can not be read, first in line ${brokenLine}`,
  };
}

/** Counts what an encoding makes of bytes. */
type Tally = {
  /** Bytes it has no character for, however many belong together. */
  broken: number;
  brokenLine: number;
  line: number;
  beyondAscii: number;
  add: (bytes: Uint8Array) => void;
  end: () => void;
};

function tally(encoding: Encoding): Tally {
  const decoder = new TextDecoder(encoding);
  const strict = new TextDecoder(encoding, { fatal: true });
  let isStrict = true;
  const count = (text: string) => {
    for (let at = 0; at < text.length; at += 1) {
      const sign = text.charCodeAt(at);
      if (sign === 0x0a) counted.line += 1;
      if (sign <= 0x7f) continue;
      counted.beyondAscii += 1;
      // A character U+FFFD that was written down is a character; only the strict decoder can tell.
      if (sign !== 0xfffd || isStrict) continue;
      counted.broken += 1;
      if (counted.broken === 1) counted.brokenLine = counted.line;
    }
  };
  const counted: Tally = {
    ...{ broken: 0, brokenLine: 0, line: 1, beyondAscii: 0 },
    add: (bytes) => {
      isStrict &&= decode(strict, bytes, true) !== undefined;
      count(decode(decoder, bytes, true) ?? "\ufffd");
    },
    end: () => {
      isStrict &&= decode(strict, new Uint8Array(), false) !== undefined;
      count(decode(decoder, new Uint8Array(), false) ?? "\ufffd");
    },
  };
  return counted;
}

/** Undefined when it can not be decoded: also a decoder that is not strict may say so of a piece of a few bytes. */
function decode(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array, stream: boolean): string | undefined {
  try {
    return decoder.decode(bytes, { stream });
  } catch {
    return undefined;
  }
}

/** Decodes a file piece by piece. Byte order marks go, wherever they stand: files are put together out of files. */
export function textDecoder(encoding: Encoding): Readonly<{ write: (bytes: Uint8Array) => string; end: () => string }> {
  const decoder = new TextDecoder(encoding);
  const bare = (text: string) => text.replaceAll("\ufeff", "");
  return {
    write: (bytes) => bare(decoder.decode(bytes, { stream: true })),
    end: () => bare(decoder.decode()),
  };
}
