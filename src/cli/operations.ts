import "./needs-node.js"; // first of all
import { listTrustedDocuments } from "../edge/guard/trusted-documents.ts";

/** Prints the hash of every registered operation, as clients send it: `npm run --silent operations -- FOLDER`. */
const path = process.argv[2] ?? "schema/operations";
try {
  for (const { name, hash } of await listTrustedDocuments(path)) console.log(`${hash}  ${name}`);
} catch (error) {
  console.error(`${path} can not be read: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
  process.exitCode = 1;
}
