import type { FastifyReply } from "fastify";
import { HubError } from "../../errors.ts";
import { runWithin } from "../../store/statement-deadline.ts";

/**
 * Runs the work of a request for so long at most, and only while somebody waits for its answer. When the time is over
 * or the caller has gone, its statements are canceled in PostgreSQL and later ones refused.
 * *Throws* DEADLINE_PASSED.
 */
export async function withinDeadline<T>(ms: number, reply: FastifyReply, run: () => Promise<T>): Promise<T> {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), ms);
  const onClose = () => {
    if (!reply.raw.writableFinished) end.abort();
  };
  reply.raw.once("close", onClose);
  const ended = new Promise<never>((_resolve, reject) => {
    end.signal.addEventListener("abort", () => reject(new HubError("DEADLINE_PASSED", { limit: ms })), { once: true });
  });
  try {
    return await Promise.race([runWithin(end.signal, run), ended]);
  } finally {
    clearTimeout(timer);
    reply.raw.removeListener("close", onClose);
  }
}
