import { Readable } from "node:stream";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import type { Caller } from "../../domain/access/caller.ts";
import {
  type ListedRecord,
  maxLineBytes,
  parseListedRecord,
  type ReconciledPart,
} from "../../domain/reconciling/listed-record.ts";
import { HubError } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import type { Limits } from "../../limits.ts";
import { bodyLines } from "../guard/body-lines.ts";
import type { ChargedCaller } from "../guard/charged-caller.ts";
import { refuseEncodedBody } from "../guard/json-body.ts";
import { withLeanHeap } from "../guard/lean-heap.ts";

const ndjson = /^application\/(x-)?ndjson\s*(;|$)/i;

/** Bytes of a body that are charged together: one point is soon taken, but not for every piece. */
const chargedBytes = 1_048_576;

/** As for records that come as a stream. *Units*: percent. */
const heapGrowth = 100;

/** How soon somebody may try again whose other list is under way. *Units*: seconds. */
const retryAfterSeconds = 30;

/**
 * `POST /reconciliations/ID/records`: a source's list of records, a line each, compared while nothing of it is kept in
 * memory. The answer begins when the list has ended: a line for each record that differs, and at last one with the
 * figures. An answer that ends without them is not whole. One list of a client at a time on each copy of the hub.
 */
export function reconcilingRoutes(hub: Hub, callerOf: ChargedCaller, limits: Limits): FastifyPluginAsync {
  const underWay = new Set<string>();

  const admit = async (request: FastifyRequest): Promise<void> => {
    if (!ndjson.test(request.headers["content-type"] ?? ""))
      throw new HubError("MEDIA_TYPE", { expected: "application/x-ndjson" });
    await callerOf(request);
  };

  const linesOf = (request: FastifyRequest, caller: Caller, body: AsyncIterable<Buffer>) => {
    let open = 0;
    const onBytes = async (count: number) => {
      open += count;
      if (open < chargedBytes) return;
      await hub.charge(caller, { address: request.ip, points: Math.floor(open / limits.bytesPerPoint) });
      open = 0;
    };
    return bodyLines(request, body, { maxLineBytes, maxIdleMs: limits.maxStreamIdleMs, onBytes });
  };

  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addHook("onRequest", refuseEncodedBody);
    app.addContentTypeParser(ndjson, (_request, payload, done) => done(null, payload));
    app.route<{ Params: { id: string }; Body: AsyncIterable<Buffer> }>({
      method: "POST",
      url: "/reconciliations/:id/records",
      bodyLimit: Number.MAX_SAFE_INTEGER,
      config: { isStream: true },
      onRequest: admit,
      handler: async (request, reply) => {
        const caller = request.caller ?? { kind: "STRANGER" };
        const name = caller.kind === "STRANGER" ? "" : caller.clientId;
        if (underWay.has(name)) throw new HubError("RATE_LIMITED", { retryAfterSeconds });
        underWay.add(name);
        const end = () => underWay.delete(name);
        try {
          const records = parsed(linesOf(request, caller, request.body));
          const parts = await hub.reconcileRecords(caller, request.params.id, records);
          // Also when nobody reads the answer to its end.
          reply.raw.once("close", end);
          const lines = withLeanHeap(linesOfParts(parts), heapGrowth);
          return await reply
            .type("application/x-ndjson")
            .header("cache-control", "no-store")
            .send(Readable.from(lines, { objectMode: false }));
        } catch (error) {
          end();
          throw error;
        }
      },
    });
  };
}

async function* parsed(lines: AsyncIterable<{ number: number; text: string }>): AsyncGenerator<ListedRecord> {
  for await (const { number, text } of lines) yield parseListedRecord(text, number);
}

async function* linesOfParts(parts: AsyncIterable<ReconciledPart>): AsyncGenerator<string> {
  for await (const part of parts) {
    const lines = "summary" in part ? [{ outcome: "SUMMARY", ...part.summary }] : part.differences;
    yield lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  }
}
