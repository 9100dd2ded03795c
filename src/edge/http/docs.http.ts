import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { FastifyPluginAsync } from "fastify";

const assets = {
  "react.js": ["react", "umd/react.production.min.js", "text/javascript"],
  "react-dom.js": ["react-dom", "umd/react-dom.production.min.js", "text/javascript"],
  "graphiql.js": ["graphiql", "graphiql.min.js", "text/javascript"],
  "graphiql.css": ["graphiql", "graphiql.min.css", "text/css"],
} as const;

const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Zhengzhao · GraphiQL</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/docs/graphiql.css"><link rel="stylesheet" href="/docs/page.css"></head>
<body><div id="graphiql">Loading…</div>
<script src="/docs/react.js"></script><script src="/docs/react-dom.js"></script>
<script src="/docs/graphiql.js"></script><script src="/docs/page.js"></script></body></html>`;

const style = "html,body,#graphiql{height:100%;margin:0}";

const script = `const fetcher = GraphiQL.createFetcher({ url: "/graphql" });
const defaultQuery = \`# Zhengzhao 证照
# Ctrl-Space completes; the book on the left explains.
# The catalogue is open to everyone; for the rest write
# { "Authorization": "Bearer TOKEN" } under Headers.
{ licenseTypes { code name validityRange } }\`;
// GraphiQL's history keeps headers and queries: tokens and people's identifiers, gone with the tab.
const options = { fetcher, defaultQuery, storage: sessionStorage, shouldPersistHeaders: false };
ReactDOM.createRoot(document.getElementById("graphiql")).render(React.createElement(GraphiQL, options));`;

const policy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'";

/** `/docs`: GraphiQL, served from the installed package; nothing comes from elsewhere. */
export const docsRoutes: FastifyPluginAsync = async (app) => {
  const resolve = createRequire(import.meta.url).resolve;
  app.get("/docs", async (_request, reply) =>
    reply.header("content-security-policy", policy).type("text/html").send(page),
  );
  app.get("/docs/page.js", async (_request, reply) => reply.type("text/javascript").send(script));
  app.get("/docs/page.css", async (_request, reply) => reply.type("text/css").send(style));
  for (const [name, [owner, file, type]] of Object.entries(assets)) {
    const content = await readFile(join(dirname(resolve(`${owner}/package.json`)), file));
    app.get(`/docs/${name}`, async (_request, reply) =>
      reply.header("cache-control", "public, max-age=3600").type(type).send(content),
    );
  }
};
