import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import type { Hub } from "../../hub.ts";
import { parseCheckpoint } from "../../proof/log/checkpoint.ts";
import type { Branding } from "./branding.ts";
import { cataloguePage, type Guide, guidesPage, type HubStatus, homePage } from "./home-pages.ts";
import { packageRoot } from "./package-root.ts";
import { languageOf, type Page, pagePolicy, renderPage } from "./page.ts";

/** What the pages stand on. `graphiql`: whether `/docs` is there. */
export type HomeParts = Readonly<{
  hub: Pick<Hub, "catalogue" | "findTrouble" | "findKeyTrouble" | "publicKeys" | "readCheckpoint">;
  branding: Branding;
  graphiql: boolean;
}>;

/**
 * `/`: the way to verifying, the catalogue, the documents and how the hub is; `/catalogue`, `/guides`; `/look.css`, which every
 * page uses. No script, no cookie, nothing from elsewhere; addresses are relative, so that a proxy may put the hub below a path.
 */
export function homeRoutes({ hub, branding, graphiql }: HomeParts): FastifyPluginAsync {
  const send = (request: FastifyRequest, reply: FastifyReply, make: (language: Page["language"]) => Page) => {
    const page = make(languageOf(request.query, request.headers["accept-language"]));
    return reply
      .header("content-security-policy", pagePolicy())
      .header("cache-control", "no-store")
      .header("vary", "accept-language")
      .type("text/html; charset=utf-8")
      .send(renderPage(page, branding));
  };
  return async (app) => {
    const root = packageRoot(import.meta.dirname);
    const look = await readFile(join(root, "src", "edge", "web", "look.css"));
    const guides = await readGuides(join(root, "docs"));
    app.get("/look.css", async (_request, reply) =>
      reply.type("text/css; charset=utf-8").header("cache-control", "public, max-age=300").send(look),
    );
    app.get("/", async (request, reply) => {
      const status = await readStatus(hub);
      return send(request, reply, (language) => homePage(language, status, graphiql));
    });
    app.get("/catalogue", async (request, reply) => {
      const { licenseTypes } = await hub.catalogue();
      return send(request, reply, (language) => cataloguePage(language, [...licenseTypes.values()]));
    });
    app.get("/guides", async (request, reply) => send(request, reply, (language) => guidesPage(language, guides)));
    for (const { file, text } of guides)
      app.get(`/guides/${file}`, async (_request, reply) =>
        reply.type("text/plain; charset=utf-8").header("cache-control", "public, max-age=300").send(text),
      );
  };
}

/** The documents that come with the package, each with its own title, by name. */
async function readGuides(folder: string): Promise<readonly Guide[]> {
  const files = (await readdir(folder)).filter((file) => /^[\w-]+\.md$/.test(file)).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(folder, file), "utf8");
      return { file, text, title: /^# (.+)$/m.exec(text)?.[1] ?? file };
    }),
  );
}

async function readStatus(hub: HomeParts["hub"]): Promise<HubStatus> {
  const trouble = await hub.findTrouble();
  const isReady = trouble !== "BUSY" && trouble !== "MIGRATING" && !hub.findKeyTrouble()?.isStopped;
  // A hub that has lost its database still has a page.
  const checkpoint = isReady ? await hub.readCheckpoint().catch(() => undefined) : undefined;
  const [note = ""] = checkpoint?.split("\n\n") ?? [];
  return { isReady, keys: hub.publicKeys().length, logSize: parseCheckpoint(`${note}\n`)?.size };
}
