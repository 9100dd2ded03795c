import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { byteOrderMark } from "../../domain/files/table-text.ts";
import { withLeanHeap } from "../guard/lean-heap.ts";

/** A million records under 200 MiB, of which 150 are the hub at rest. *Units*: percent. */
const heapGrowth = 20;

/** What leaves as a file. `parts` of a CSV begin with its headings. */
export type Export = Readonly<{
  name: string;
  format: "CSV" | "NDJSON";
  parts: AsyncIterable<string | Uint8Array>;
}>;

/** Streams a file as fast as it is read. One that breaks off ends its connection, not its answer. */
export function sendExport(reply: FastifyReply, { name, format, parts }: Export): FastifyReply {
  const isTable = format === "CSV";
  return reply
    .type(isTable ? "text/csv; charset=utf-8" : "application/x-ndjson")
    .header("cache-control", "no-store")
    .header("content-disposition", `attachment; filename="${name}.${isTable ? "csv" : "ndjson"}"`)
    .send(Readable.from(withLeanHeap(isTable ? marked(parts) : parts, heapGrowth), { objectMode: false }));
}

/** A spreadsheet is told that the text is UTF-8. */
async function* marked(parts: Export["parts"]): AsyncGenerator<string | Uint8Array> {
  yield byteOrderMark;
  yield* parts;
}
