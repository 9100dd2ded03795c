import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { FastifyPluginAsync } from "fastify";
import { type Branding, hubName } from "./branding.ts";
import { packageRoot } from "./package-root.ts";
import { escapeHtml } from "./page.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Nothing from elsewhere, nothing written into the page, no text that becomes code, nothing that frames it. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types verify-page",
].join("; ");

/** Of everything a page may ask a device for, a camera for QR codes. */
const permissions = "camera=(self), microphone=(), geolocation=(), payment=(), usb=()";

/** The name of an asset changes with its bytes. */
const forEver = "public, max-age=31536000, immutable";

/**
 * `/verify/`: the page that verifies a license in the browser, as `npm run build` made it; nothing it is given comes
 * here. Where nothing was built there is no page, and the log says so.
 */
export const verifyRoutes =
  (branding: Branding): FastifyPluginAsync =>
  async (app) => {
    const folder = join(packageRoot(import.meta.dirname), "dist", "web", "verify");
    if (!existsSync(join(folder, "index.html"))) {
      app.log.warn("there is no /verify/: npm run build makes it");
      return;
    }
    app.get("/verify", async (_request, reply) => reply.redirect("verify/", 308));
    for (const file of await readdir(folder, { recursive: true })) {
      const type = types[extname(file)];
      if (!type) continue;
      const built = await readFile(join(folder, file));
      const content = file === "index.html" ? Buffer.from(branded(built.toString("utf8"), branding)) : built;
      const zipped = gzipSync(content);
      const path = file.replaceAll("\\", "/");
      app.get(`/verify/${path === "index.html" ? "" : path}`, async (request, reply) => {
        const isZipped = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
        if (isZipped) reply.header("content-encoding", "gzip");
        return reply
          .header("content-security-policy", policy)
          .header("permissions-policy", permissions)
          .header("cache-control", path.startsWith("assets/") ? forEver : "no-cache")
          .header("vary", "accept-encoding")
          .type(type)
          .send(isZipped ? zipped : content);
      });
    }
  };

/**
 * The page with the city's name and emblem. Its script reads the name from where it stands here; the emblem is in the page
 * itself, so that both are there without a network, too.
 */
function branded(page: string, branding: Branding): string {
  const { zh, en } = hubName(branding);
  const name = page.replace(
    /<p class="site"[^>]*>[^<]*<\/p>/,
    () => `<p class="site" id="site" data-zh="${escapeHtml(zh)}" data-en="${escapeHtml(en)}">${escapeHtml(zh)}</p>`,
  );
  const { emblem } = branding;
  return emblem === undefined
    ? name
    : name.replace(
        /<img src="[^"]+" alt="" width="48" height="48">/,
        () => `<img src="${emblem}" alt="" width="48" height="48">`,
      );
}
