import { Readable } from "node:stream";
import { stringify } from "csv-stringify";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import type { Caller } from "../../domain/access/caller.ts";
import { parseInstant } from "../../domain/calendar.ts";
import { HubError } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import type { ExportedRecord } from "../../use-cases/access/export-access-records.ts";

/** Tells who asks; *throws* as `FindCaller`. */
export type CallerOf = (request: FastifyRequest) => Promise<Caller>;

const headers = [
  ...["id", "at", "client", "department", "callerKind", "member", "holder", "action", "outcome", "refusal"],
  ...["procedure", "caseNumber", "reason", "licenses", "extents", "withheld", "holderCommitment"],
  ...["sealDay", "sealPlace", "sealDigest", "sealChain"],
];

/**
 * `/access-records.ndjson` and `/access-records.csv`: the whole ledger for an auditor, streamed as fast as it is read.
 * Query: `from`, `until` (instants), `department`. A break ends the body early: a whole NDJSON ends in a newline.
 */
export function accessRecordRoutes(hub: Hub, callerOf: CallerOf): FastifyPluginAsync {
  const batches = async (request: FastifyRequest) => {
    const caller = await callerOf(request);
    request.caller = caller;
    return hub.exportAccessRecords(caller, filterOf(request.query));
  };
  const send = (reply: FastifyReply, type: string, name: string, body: Readable) =>
    reply
      .type(type)
      .header("cache-control", "no-store")
      .header("content-disposition", `attachment; filename="${name}"`)
      .send(body);

  return async (app) => {
    app.get("/access-records.ndjson", async (request, reply) => {
      const lines = toLines(await batches(request));
      return send(reply, "application/x-ndjson", "access-records.ndjson", Readable.from(lines, { objectMode: false }));
    });
    app.get("/access-records.csv", async (request, reply) => {
      // Texts a department wrote must not become formulas where a clerk opens the file.
      const table = stringify({ header: true, columns: headers, bom: true, escape_formulas: true });
      const rows = Readable.from(toRows(await batches(request)));
      rows.on("error", (error) => table.destroy(error));
      table.on("close", () => rows.destroy());
      return send(reply, "text/csv; charset=utf-8", "access-records.csv", rows.pipe(table));
    });
  };
}

async function* toLines(batches: AsyncIterable<readonly ExportedRecord[]>): AsyncGenerator<string> {
  for await (const batch of batches) yield `${batch.map((record) => JSON.stringify(record)).join("\n")}\n`;
}

async function* toRows(batches: AsyncIterable<readonly ExportedRecord[]>): AsyncGenerator<readonly unknown[]> {
  for await (const batch of batches) yield* batch.map(toRow);
}

function toRow({ purpose, seal, ...record }: ExportedRecord): readonly unknown[] {
  return [
    ...[record.id, record.at, record.client, record.department, record.callerKind, record.member, record.holder],
    ...[record.action, record.outcome, record.refusal, purpose?.procedure, purpose?.caseNumber, purpose?.reason],
    ...[record.licenses.join(" "), record.extents.join(" "), record.withheld, record.holderCommitment],
    ...[seal?.day, seal?.place, seal?.digest, seal?.chain],
  ];
}

function filterOf(query: unknown) {
  const given = typeof query === "object" && query !== null ? new Map(Object.entries(query)) : new Map();
  const text = (name: string): string | undefined => {
    const value: unknown = given.get(name);
    if (value === undefined) return undefined;
    if (typeof value !== "string" || value.length > 100) throw new HubError("INPUT_INVALID", { argument: name });
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
