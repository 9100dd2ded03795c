import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import type { Hub } from "../../hub.ts";
import { type ExportFormat, exportColumns } from "../../store/access/ledger-store.ts";
import type { ChargedCaller } from "../guard/charged-caller.ts";
import { readUrlQuery } from "../guard/url-query.ts";
import { sendExport } from "./export.ts";

/**
 * `/access-records.ndjson` and `/access-records.csv`: the whole ledger for an auditor, streamed as fast as it is read.
 * Query: `from`, `until` (instants), `department`. An export that breaks off ends its connection, not its answer.
 */
export function accessRecordRoutes(hub: Hub, callerOf: ChargedCaller): FastifyPluginAsync {
  const respond = async (request: FastifyRequest, reply: FastifyReply, format: ExportFormat) => {
    const caller = await callerOf(request);
    const parts = await hub.exportAccessRecords(caller, format, filterOf(request.query));
    return sendExport(reply, { name: "access-records", format, parts: format === "CSV" ? withHeading(parts) : parts });
  };
  return async (app) => {
    app.get("/access-records.ndjson", (request, reply) => respond(request, reply, "NDJSON"));
    app.get("/access-records.csv", (request, reply) => respond(request, reply, "CSV"));
  };
}

async function* withHeading(parts: AsyncIterable<Uint8Array>): AsyncGenerator<string | Uint8Array> {
  yield `${exportColumns.join(",")}\r\n`;
  yield* parts;
}

function filterOf(query: unknown) {
  const { text, instant } = readUrlQuery(query, ["from", "until", "department"]);
  return { from: instant("from"), until: instant("until"), department: text("department") };
}
