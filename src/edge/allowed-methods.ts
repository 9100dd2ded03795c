import type { FastifyInstance } from "fastify";

/** The methods an address takes, as a header `Allow` names them; undefined: nothing is there. */
export type AllowedMethods = (url: string) => string | undefined;

/**
 * Tells an address that takes other methods from one where nothing is. Called before routes are added, for it listens to
 * them. *Source*: RFC 9110 §15.5.6.
 */
export function allowedMethods(app: FastifyInstance): AllowedMethods {
  const routes: Readonly<{ pattern: RegExp; methods: readonly string[] }>[] = [];
  app.addHook("onRoute", ({ url, method }) => {
    routes.push({ pattern: patternOf(url), methods: [method].flat() });
  });
  return (url) => {
    const [path = ""] = url.split("?", 1);
    const methods = routes.filter(({ pattern }) => pattern.test(path)).flatMap((route) => route.methods);
    return methods.length === 0 ? undefined : [...new Set(methods)].sort().join(", ");
  };
}

/** The addresses of a route: `:name` stands for one part of a path, `*` for all that is left. */
function patternOf(url: string): RegExp {
  const parts = url.split("/").map((part) => {
    if (part === "*") return ".*";
    return part.startsWith(":") ? "[^/]+" : part.replace(/[.+?^${}()|[\]\\*]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("/")}$`);
}
