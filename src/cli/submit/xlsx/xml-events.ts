import { SaxesParser } from "saxes";
import { UsageError } from "../../usage-error.ts";
import { xlsxWords } from "./xlsx-words.ts";

/** An element without the prefix of its name; nor have its attributes one. */
export type Element = Readonly<{ name: string; attributes: Readonly<Record<string, string>> }>;

/** What is told of a document, in its order. */
export type XmlEvents = Readonly<{
  open: (element: Element) => void;
  close?: (name: string) => void;
  text?: (text: string) => void;
}>;

/**
 * Reads a part as XML while it is unpacked. Entities but the five of XML, and a document type that would make some, are an
 * error. *Trust*: every byte is attacker-chosen. *Throws* UsageError.
 */
export async function readXml(bytes: AsyncIterable<Uint8Array>, { open, close, text }: XmlEvents): Promise<void> {
  const parser = new SaxesParser();
  parser.on("error", () => {
    throw new UsageError(xlsxWords.damaged);
  });
  parser.on("doctype", () => {
    throw new UsageError(xlsxWords.damaged);
  });
  parser.on("opentag", ({ name, attributes }) => {
    const members = Object.entries(attributes).map(([key, value]) => [bare(key), value] as const);
    open({ name: bare(name), attributes: Object.fromEntries(members) });
  });
  if (close) parser.on("closetag", ({ name }) => close(bare(name)));
  if (text) {
    parser.on("text", text);
    parser.on("cdata", text);
  }
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  try {
    for await (const piece of bytes) {
      decoder ??= new TextDecoder(isWide(piece) ? "utf-16le" : "utf-8", { fatal: true });
      parser.write(decoder.decode(piece, { stream: true }));
    }
    parser.write(decoder?.decode() ?? "");
    parser.close();
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(xlsxWords.damaged);
  }
}

function isWide(start: Uint8Array): boolean {
  return start[0] === 0xff && start[1] === 0xfe;
}

function bare(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
