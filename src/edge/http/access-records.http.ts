import { Readable } from "node:stream";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { parseInstant } from "../../domain/calendar.ts";
import { HubError } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import { type ExportFormat, exportColumns } from "../../store/access/ledger-store.ts";
import type { ChargedCaller } from "../guard/charged-caller.ts";
import { withLeanHeap } from "../guard/lean-heap.ts";

/** A million records under 200 MiB, of which 150 are the hub at rest. *Units*: percent. */
const heapGrowth = 20;

/** Tells a spreadsheet that the text is UTF-8. */
const byteOrderMark = "\ufeff";

/**
 * `/access-records.ndjson` and `/access-records.csv`: the whole ledger for an auditor, streamed as fast as it is read.
 * Query: `from`, `until` (instants), `department`. An export that breaks off ends its connection, not its answer.
 */
export function accessRecordRoutes(hub: Hub, callerOf: ChargedCaller): FastifyPluginAsync {
  const respond = async (request: FastifyRequest, reply: FastifyReply, format: ExportFormat) => {
    const caller = await callerOf(request);
    const parts = await hub.exportAccessRecords(caller, format, filterOf(request.query));
    const [type, ending] = format === "CSV" ? ["text/csv; charset=utf-8", "csv"] : ["application/x-ndjson", "ndjson"];
    return reply
      .type(type)
      .header("cache-control", "no-store")
      .header("content-disposition", `attachment; filename="access-records.${ending}"`)
      .send(
        Readable.from(withLeanHeap(format === "CSV" ? withHeading(parts) : parts, heapGrowth), { objectMode: false }),
      );
  };
  return async (app) => {
    app.get("/access-records.ndjson", (request, reply) => respond(request, reply, "NDJSON"));
    app.get("/access-records.csv", (request, reply) => respond(request, reply, "CSV"));
  };
}

async function* withHeading(parts: AsyncIterable<Uint8Array>): AsyncGenerator<string | Uint8Array> {
  yield `${byteOrderMark}${exportColumns.join(",")}\r\n`;
  yield* parts;
}

function filterOf(query: unknown) {
  const given = typeof query === "object" && query !== null ? new Map(Object.entries(query)) : new Map();
  const text = (name: string): string | undefined => {
    const value: unknown = given.get(name);
    if (value === undefined) return undefined;
    if (typeof value !== "string" || value.length > 100 || /\p{Cc}/u.test(value))
      throw new HubError("INPUT_INVALID", { argument: name });
    return value;
  };
  const instant = (name: string): Date | undefined => {
    const value = text(name);
    const parsed = value === undefined ? undefined : parseInstant(value);
    if (value !== undefined && !parsed) throw new HubError("INPUT_INVALID", { argument: name });
    return parsed;
  };
  const unknown = [...given.keys()].find((name) => !["from", "until", "department"].includes(name));
  if (unknown !== undefined) throw new HubError("INPUT_INVALID", { argument: "query" });
  return { from: instant("from"), until: instant("until"), department: text("department") };
}
