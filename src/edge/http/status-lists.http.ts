import type { FastifyPluginAsync, FastifyReply } from "fastify";
import { HubError } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import { statusListTerms } from "../../proof/status/sign-status-list.ts";
import { readUrlQuery } from "../guard/url-query.ts";

/**
 * `/status-lists/ID`: a status list as it was signed, the newest or with `?time=` (seconds since 1970) the one that held
 * then; `/status-lists`: addresses of all of them. Open to everyone, and answered from memory.
 * *Source*: Token Status List §8.1 (request), §8.4 (`time`), §9 (aggregation).
 */
export function statusListRoutes(hub: Hub): FastifyPluginAsync {
  return async (app) => {
    app.get("/status-lists", async (request, reply) => {
      readUrlQuery(request.query, []);
      const status_lists = await hub.statusListUris();
      return open(reply).type("application/json").send({ status_lists });
    });

    app.get<{ Params: { id: string } }>("/status-lists/:id", async (request, reply) => {
      const { id } = request.params;
      if (!/^(0|[1-9]\d{0,8})$/.test(id)) throw new HubError("STATUS_LIST_NOT_FOUND");
      const at = timeOf(request.query);
      const { token, gzipped, tag } = await hub.readStatusList({ list: Number(id), at }, request.ip);
      const { "if-none-match": known, "accept-encoding": encodings } = request.headers;
      open(reply).header("etag", `W/"${tag}"`).header("vary", "accept-encoding");
      if (known !== undefined && isKnown(known, tag)) return reply.code(304).send();
      reply.type("application/statuslist+jwt");
      return takesGzip(encodings) ? reply.header("content-encoding", "gzip").send(gzipped) : reply.send(token);
    });
  };
}

/** Public data, for pages of other sites too. */
function open(reply: FastifyReply): FastifyReply {
  return reply
    .header("cache-control", `public, max-age=${statusListTerms.ttl}`)
    .header("access-control-allow-origin", "*")
    .header("access-control-expose-headers", "etag")
    .header("cross-origin-resource-policy", "cross-origin");
}

/** *Throws* INPUT_INVALID, which names the parameter. */
function timeOf(query: unknown): Date | undefined {
  const text = readUrlQuery(query, ["time"]).text("time");
  if (text === undefined) return undefined;
  if (!/^\d{1,11}$/.test(text)) throw new HubError("INPUT_INVALID", { argument: "time" });
  return new Date(Number(text) * 1000);
}

/** *Source*: RFC 9110 §13.1.2: tags are compared weakly. */
function isKnown(header: string, tag: string): boolean {
  return header
    .split(",")
    .some((each) => /^\s*(?:\*|(?:W\/)?"([^"]*)")\s*$/.exec(each)?.[1] === tag || each.trim() === "*");
}

/** *Source*: RFC 9110 §12.5.3. */
function takesGzip(header: string | string[] | undefined): boolean {
  const offers = String(header ?? "")
    .toLowerCase()
    .split(",");
  return offers.some((offer) => /^\s*(gzip|x-gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/.test(offer));
}
