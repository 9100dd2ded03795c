import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin } from "vite";
import { attributesSchemaCode } from "../../domain/schemas/attribute-schema-code.ts";

/**
 * Builds the pages into dist/web, as a step of `npm run build`. The verify page is one script, one style, an icon and
 * the worker that keeps them for offline use; nothing in it comes from elsewhere, and no text in it becomes code.
 */
const root = join(import.meta.dirname, "..", "..", "..");

await build({
  configFile: false,
  logLevel: "warn",
  root: join(import.meta.dirname, "verify"),
  // Relative addresses: the page also works behind a proxy that puts the hub below a path.
  base: "./",
  publicDir: false,
  plugins: [licenseTypes(), precache()],
  build: {
    outDir: join(root, "dist", "web", "verify"),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: {
      input: {
        verify: join(import.meta.dirname, "verify", "index.html"),
        "service-worker": join(import.meta.dirname, "verify", "service-worker.ts"),
      },
      output: {
        // The worker's address must stay, because browsers know it by that.
        entryFileNames: ({ name }) => (name === "service-worker" ? "[name].js" : "assets/[name]-[hash].js"),
      },
    },
  },
});

/** `virtual:license-types`: what the catalogue's schemas say, compiled ahead, and the version of this package. */
function licenseTypes(): Plugin {
  const name = "virtual:license-types";
  const folder = join(root, "schema", "license-types");
  const schemas = readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as TypeSchema);
  const codeOf = ({ $id }: TypeSchema) => $id.replace("urn:zhengzhao:license-type:", "");
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  return {
    name: "license-types",
    resolveId: (id) => (id.startsWith(name) ? `\0${id}` : null),
    load: (id) => {
      if (id === `\0${name}`) {
        const lines = schemas.map((_, index) => `import v${index} from ${JSON.stringify(`${name}/${index}`)};`);
        const entries = schemas.map((schema, index) => `${JSON.stringify(codeOf(schema))}: v${index}`);
        const titles = Object.fromEntries(schemas.map((schema) => [codeOf(schema), titlesOf(schema)]));
        return `${lines.join("\n")}
export const validators = { ${entries.join(", ")} };
export const titles = ${JSON.stringify(titles)};
export const version = ${JSON.stringify(version)};`;
      }
      const schema = id.startsWith(`\0${name}/`) ? schemas[Number(id.slice(name.length + 2))] : undefined;
      return schema ? asModule(attributesSchemaCode(schema)) : null;
    },
  };
}

type TypeSchema = Readonly<{ $id: string; properties?: Readonly<Record<string, { title?: string }>> }>;

function titlesOf({ properties = {} }: TypeSchema): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(properties).map(([name, { title }]) => [name, title ?? name]));
}

/** Ajv writes `require` into its ES modules too; a bundler wants imports. */
function asModule(code: string): string {
  const imports: string[] = [];
  const body = code.replace(/\brequire\("([^"]+)"\)/g, (_, file: string) => {
    imports.push(`import * as required${imports.length} from ${JSON.stringify(`${file}.js`)};`);
    return `required${imports.length - 1}`;
  });
  return `${imports.join("\n")}\n${body}`;
}

/** Tells the worker what to keep: every file there is, under a name that changes with any of them. */
function precache(): Plugin {
  return {
    name: "precache",
    enforce: "post",
    generateBundle(_, bundle) {
      const worker = bundle["service-worker.js"];
      const page = bundle["index.html"];
      if (worker?.type !== "chunk" || page?.type !== "asset") throw new Error("The verify page is not whole.");
      const files = Object.keys(bundle).filter((file) => file.startsWith("assets/"));
      const name = createHash("sha256").update(files.join()).update(page.source).digest("hex").slice(0, 16);
      worker.code = worker.code
        .replace("PRECACHED_NAME", name)
        .replace(/["'`]PRECACHED_FILES["'`]/, JSON.stringify(["./", ...files].join(" ")));
    },
  };
}
