import type { FileHandle } from "node:fs/promises";
import { type Encoding, textDecoder } from "../../../domain/files/encoding.ts";

/** Bytes read at once. */
export const pieceBytes = 256 * 1024;

/** The bytes of an open file from its beginning. Several may read it at once. */
export async function* bytesOf(file: FileHandle): AsyncGenerator<Buffer> {
  let position = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** The text of an open file. A character that lies across two pieces is whole. */
export async function* textOf(file: FileHandle, encoding: Encoding): AsyncGenerator<string> {
  const decoder = textDecoder(encoding);
  for await (const bytes of bytesOf(file)) yield decoder.write(bytes);
  yield decoder.end();
}
