import { native } from "./native.ts";

/** The bytes of a text that is all ASCII; of any other text, some bytes. */
export function asciiBytes(text: string): Uint8Array<ArrayBuffer> {
  return native ? native.buffer.from(text, "latin1") : encoder.encode(text);
}

const encoder = new TextEncoder();
