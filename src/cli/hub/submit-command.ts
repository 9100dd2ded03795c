import type { RemoteCommand } from "./command.ts";

const text = { type: "string" } as const;

/** `hub submit FILE` */
export const submitCommand: RemoteCommand = {
  words: "FILE",
  about: "Hands the licenses of a file in: NDJSON, CSV or XLSX, and writes what became of each row beside it.",
  options: {
    ...{ hub: text, mapping: text, encoding: text, sheet: text, results: text, "heading-row": text },
    ...{ client: text, key: text, "token-file": text, batch: text, attempts: text, sign: text },
    "dry-run": { type: "boolean" },
  },
  help: [
    "FILE             .ndjson, .csv or .xlsx, the first row holding the headings",
    "--hub URL        http://127.0.0.1:4000 unless said",
    "--mapping FILE   which column is which of our fields; without, the headings are our own names",
    "--client ID      who you are to the hub, with the client's private key:",
    "--key FILE       as `hub client register --new-key` wrote it",
    "--token-file F   an access token instead, in a demo",
    "--sign FILE      the private Ed25519 key that signs each record, as `hub client add-record-key --new-key` wrote it",
    "--dry-run        everything is decided and nothing stored",
    "--results FILE   where the results go: FILE.results.csv unless said",
    "--encoding NAME  utf-8, gb18030 (or gbk) or utf-16le: found out unless said",
    "--sheet NAME     of a workbook: the first unless said",
    "--heading-row N  where the headings stand: found by the mapping's columns in the first 20 rows unless said",
    "--batch ID       the batch's id: made from the records unless said, so that twice does no harm",
    "--attempts N     how often in a row a break is tried again: 5 unless said",
    "",
    "hub submit licenses.xlsx --mapping mapping.json --client food-office --key food-office.jwk.json --hub https://hub.example",
    "hub submit licenses.csv --mapping mapping.json --token-file token.txt --dry-run",
  ],
  // Only now: other commands need no readers of tables.
  runAnywhere: async ([file = ""], values) => (await import("../submit/submit-file.ts")).submitFile(file, values),
};
