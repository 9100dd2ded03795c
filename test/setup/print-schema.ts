import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { composeServices } from "@theguild/federation-composition";
import { parse } from "graphql";
import { creditPlatformSdl } from "../departments/credit-platform.ts";
import { marketSupervisionSdl } from "../departments/market-supervision.ts";

/** The GraphQL contracts below schema/, as files. */
export type PrintedSchemas = Readonly<{ "hub.graphql": string; "supergraph.graphql": string }>;

/** A system that joins the federated graph: its name there, where the demo runs it, what it adds. */
type Subgraph = Readonly<{ name: string; url: string; sdl: string }>;

const departments: readonly Subgraph[] = [
  { name: "market-supervision", url: "http://127.0.0.1:4101/graphql", sdl: marketSupervisionSdl },
  { name: "credit-platform", url: "http://127.0.0.1:4102/graphql", sdl: creditPlatformSdl },
];

const head = "# Printed by `npm run schema:print`; do not edit.\n";

/** schema/hub.graphql and schema/supergraph.graphql as they should be. *Throws* when the subgraphs do not fit together. */
export function renderSchemas(hubSdl: string, others: readonly Subgraph[] = departments): PrintedSchemas {
  const hub = { name: "hub", url: "http://127.0.0.1:4000/graphql", sdl: hubSdl };
  const services = [hub, ...others].map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }));
  const composed = composeServices(services);
  if (composed.errors) {
    const reasons = composed.errors.map(({ message }) => `- ${message}`);
    throw new Error(`The subgraphs do not compose:\n${reasons.join("\n")}`);
  }
  return {
    "hub.graphql": `${head}${hubSdl.trim()}\n`,
    "supergraph.graphql": `${head}${composed.supergraphSdl.trim()}\n`,
  };
}

/** type-graphql's decorators need a compiler, so the schema comes from the build. */
async function readBuiltSdl(root: string): Promise<string> {
  const built: unknown = await import(pathToFileURL(join(root, "dist/src/edge/schema.js")).href);
  const { makeSchema } = built as { makeSchema: () => { sdl: string } };
  return makeSchema().sdl;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(import.meta.dirname, "../..");
  mkdirSync(join(root, "schema"), { recursive: true });
  for (const [file, text] of Object.entries(renderSchemas(await readBuiltSdl(root)))) {
    writeFileSync(join(root, "schema", file), text);
  }
}
