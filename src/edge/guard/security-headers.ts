import helmet from "@fastify/helmet";
import type { FastifyInstance } from "fastify";

/** A year, as browsers' preload lists want it. *Units*: seconds. */
const hstsSeconds = 31_536_000;

/**
 * Headers for every answer. Answers are data: nothing in them may load, run, be framed or be read by other sites. A
 * route that serves a page or public data sets its own. HSTS only when the hub is reached over HTTPS.
 */
export async function securityHeaders(app: FastifyInstance, publicUrl: string): Promise<void> {
  const isSecure = publicUrl.startsWith("https:");
  const nothing = ["'none'"];
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: nothing, frameAncestors: nothing, baseUri: nothing, formAction: nothing },
    },
    frameguard: { action: "deny" },
    referrerPolicy: { policy: "no-referrer" },
    strictTransportSecurity: isSecure ? { maxAge: hstsSeconds, includeSubDomains: false } : false,
    crossOriginOpenerPolicy: { policy: "same-origin" },
    crossOriginResourcePolicy: { policy: "same-origin" },
  });
}
