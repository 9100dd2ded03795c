import { DatabaseError } from "pg-protocol";
import { Parser } from "pg-protocol/dist/parser.js";

/** Codes of the messages that report an error or a notice. *Source*: PostgreSQL, Message Formats. */
const reports: ReadonlySet<number> = new Set(["E", "N"].map((letter) => letter.charCodeAt(0)));

type Handle = (this: unknown, offset: number, code: number, length: number, bytes: Buffer) => unknown;

/**
 * The driver reads the fields of a report until it meets the zero that ends them: one without it is read for ever, and the
 * whole process with it. A server that is somebody else's may send that. From here on such a report is an error of the
 * protocol (08P01), on every connection of this process.
 */
const parser = Parser.prototype as unknown as { handlePacket: Handle }; // declared private
const { handlePacket } = parser;
parser.handlePacket = function (offset, code, length, bytes) {
  if (!reports.has(code) || isEnded(bytes, offset, offset + length - 4))
    return handlePacket.call(this, offset, code, length, bytes);
  const error = new DatabaseError("a report that does not end", length, "error");
  error.code = "08P01";
  return error;
};

/** Whether a report holds no field, or a zero after the zero of its last one. */
function isEnded(bytes: Buffer, start: number, end: number): boolean {
  return bytes[end - 1] === 0 && (end - start === 1 || bytes[end - 2] === 0);
}
