import type { DemoReport } from "./use-cases/load-demo.ts";

/** What a person who has just started the hub wants to know. */
export type Started = Readonly<{ host: string; port: number; demo: boolean; loaded: DemoReport | undefined }>;

/** Three queries to paste; the third answers a material check for a sample enterprise. Executed by a test. */
export const sampleQueries = {
  catalogue: `{ departments { code name } procedures(first: 3) { nodes { code name materials { name } } } }`,
  enterprise: `{
  enterprise(uscc: "91371002XXXX0030XC") {
    name
    licenses(purpose: { procedure: "food-operation-new", caseNumber: "2026-0001", reason: "新办食品经营许可" }) {
      nodes { type { name } number state validUntil jws }
      withheldCount
    }
  }
}`,
  materials: `{
  checkMaterials(input: {
    procedure: "food-operation-new", holder: "91371002XXXX0030XC",
    persons: [{ role: LEGAL_REPRESENTATIVE, residentId: "371002188011080603" }],
    purpose: { procedure: "food-operation-new", caseNumber: "2026-0001", reason: "新办食品经营许可" }
  }) {
    id fetchCount submitCount
    answers { material { name } decision reasons { code messageZh } ground sources { identifier } dueOn }
  }
}`,
} as const;

/** The text shown when the hub is ready. */
export function welcome({ host, port, demo, loaded }: Started): string {
  const url = `http://${host.includes(":") ? `[${host}]` : host === "0.0.0.0" ? "127.0.0.1" : host}:${port}`;
  if (!demo) return `Zhengzhao is ready at ${url}/graphql`;
  const data = loaded ? `Sample data loaded: ${loaded.accepted} accepted, ${loaded.rejected} refused.\n` : "";
  const paste = Object.values(sampleQueries).map(
    (query, index) => `  ${index + 1}. ${query.replaceAll("\n", "\n     ")}`,
  );
  return `${data}
Zhengzhao 证照 is ready.
  GraphiQL   ${url}/docs
  GraphQL    ${url}/graphql
  Keys       ${url}/.well-known/jwks.json
  Verify     ${url}/verify/

A demo token (in another terminal):
  npm run --silent token -- approval-bureau
  Into GraphiQL's Headers tab:  { "Authorization": "Bearer <token>" }
  Others: any department key, auditor, operator, gateway, or: holder 91371002XXXX0030XC

Three queries to paste:
${paste.join("\n")}

Ctrl-C stops the hub.`;
}
