import type { FastifyPluginAsync } from "fastify";
import { errorTable } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import type { LogTrouble } from "../../use-cases/log/publish-checkpoint.ts";

/**
 * `/healthz`: the process answers. `/readyz`: the database answers and every migration is done, else 503. `problem` says in
 * a line what is wrong; a hub whose database is full goes on answering, and is ready all the same. One that can sign nothing
 * for a purpose is not.
 */
export function healthRoutes(hub: Hub): FastifyPluginAsync {
  return async (app) => {
    app.get("/healthz", async () => ({ status: "alive" }));
    app.get("/readyz", async (_request, reply) => {
      const trouble = await hub.findTrouble();
      const key = hub.findKeyTrouble();
      // Without a database nothing is answered; with a full one, or a log that is not signed, most things are.
      const isReady = trouble !== "BUSY" && trouble !== "MIGRATING" && !key?.isStopped;
      const problem = trouble === undefined ? key && lineOfKey(key) : lineOf(trouble);
      return reply
        .code(isReady ? 200 : 503)
        .send({ status: isReady ? "ready" : "not ready", ...(problem !== undefined && { problem }) });
    });
  };
}

function lineOf(problem: NonNullable<Awaited<ReturnType<Hub["findTrouble"]>>>): string {
  if (problem === "MIGRATING") return "MIGRATING: The database is not at this version yet.";
  if (isLogTrouble(problem)) return `${problem}: ${logProblems[problem]}`;
  return `${problem}: ${errorTable[problem].message.en}`;
}

function isLogTrouble(problem: string): problem is LogTrouble {
  return Object.hasOwn(logProblems, problem);
}

const logProblems: Readonly<Record<LogTrouble, string>> = {
  LOG_ROLLED_BACK: "The database holds less of the public log than was signed before; nothing is signed.",
  LOG_FORKED: "The database holds another public log than was signed before; nothing is signed.",
  LOG_MEMORY: "KEYS_DIR/log-seen.txt can not be read or written; no checkpoint is signed. The log file says why.",
  LOG_BEHIND:
    "The last round of the public log failed; the next follows within half a minute, and what was accepted meanwhile is published then. The log file says why.",
};

function lineOfKey({ purpose, kid, isStopped }: NonNullable<ReturnType<Hub["findKeyTrouble"]>>): string {
  const what = isStopped ? "Nothing can be signed" : "An older key signs";
  return `KEY_MISSING: ${what} for ${purpose}: the private half of the key ${kid || "that is due"} is not here.`;
}
