import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { HubError } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import { base64 } from "../../proof/bytes/base64.ts";
import { noteLimits } from "../../proof/log/signed-note.ts";
import { parseTilePath } from "../../proof/log/tile.ts";

/**
 * What a stranger is charged. A note handed in: a checkpoint is looked up, signatures are verified. A proof: hashes of
 * several tiles. What is not there: nobody asks for it who follows the log. The rest is free, however often. *Units*: points.
 */
const points = { cosignature: 2, proof: 1, nothing: 1 } as const;

/** Bytes of a tile of one width never change. */
const forEver = "public, max-age=31536000, immutable";

/**
 * The public log as anybody may copy it: `/log/checkpoint`, `/log/vkey`, `/log/tile/…`.
 * *Source*: C2SP tlog-tiles.
 */
export function logRoutes(hub: Hub): FastifyPluginAsync {
  const charge = ({ ip: address }: FastifyRequest, what: keyof typeof points) =>
    hub.charge({ kind: "STRANGER" }, { address, points: points[what] });

  return async (app) => {
    app.get("/log/vkey", async (_request, reply) => open(reply, "public, max-age=300").send(`${hub.logKey()}\n`));
    for (const [path, isCosigned] of [
      ["/log/checkpoint", false],
      ["/log/checkpoint/cosigned", true],
    ] as const) {
      app.get(path, async (_request, reply) => {
        const checkpoint = await hub.readCheckpoint(isCosigned);
        if (checkpoint === undefined) throw new HubError("NOT_FOUND");
        return open(reply, "no-cache").send(checkpoint);
      });
    }
    const proofs = [
      ["inclusion", "index"],
      ["consistency", "older"],
    ] as const;
    for (const [kind, name] of proofs) {
      app.get<{ Params: { first: string; size: string } }>(
        `/log/proof/${kind}/:first/:size`,
        { onRequest: (request) => charge(request, "proof") },
        async ({ params }, reply) => {
          const [first, size] = [toPlace(params.first), toPlace(params.size)];
          const question = name === "index" ? { index: first, size } : { older: first, size };
          const proof = await hub.readLogProof(question);
          if (!proof) throw new HubError("NOT_FOUND");
          return open(reply, forEver)
            .type("application/json")
            .send({ ...question, proof: proof.map(base64.encode) });
        },
      );
    }
    // A witness that watches by itself leaves its signature here: the note as it is published, with its line under it. Nothing
    // else is read: a stranger's JSON could be as large as a department's.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      "text/plain",
      { parseAs: "string", bodyLimit: noteLimits.maxBytes },
      (_request, body, done) => done(null, body),
    );
    const onRequest = (request: FastifyRequest) => charge(request, "cosignature");
    app.post<{ Body: unknown }>("/log/cosignatures", { onRequest }, async ({ body }, reply) => {
      if (typeof body !== "string") throw new HubError("MEDIA_TYPE");
      return open(reply, "no-store")
        .type("application/json")
        .send({ witnesses: await hub.addCosignatures(body) });
    });
    app.get<{ Params: { "*": string } }>("/log/tile/*", async (request, reply) => {
      const tile = parseTilePath(request.params["*"]);
      const bytes = tile && (await hub.readLogTile(tile));
      if (!bytes) {
        await charge(request, "nothing");
        throw new HubError("NOT_FOUND");
      }
      const { buffer, byteOffset, byteLength } = bytes;
      return open(reply, forEver)
        .type("application/octet-stream")
        .send(Buffer.from(buffer, byteOffset, byteLength));
    });
  };
}

/** An index or a size, written as one. *Throws* NOT_FOUND. */
function toPlace(text: string): number {
  if (!/^(0|[1-9]\d{0,14})$/.test(text)) throw new HubError("NOT_FOUND");
  return Number(text);
}

function open(reply: FastifyReply, caching: string): FastifyReply {
  return reply
    .header("cache-control", caching)
    .header("access-control-allow-origin", "*")
    .header("cross-origin-resource-policy", "cross-origin")
    .type("text/plain; charset=utf-8");
}
