import { openDatabase } from "../../src/store/database.ts";

// Writes the next migration and the snapshot from the difference between tables and snapshot.
// Usage: npm run migration -- NAME
const database = await openDatabase({ kind: "EMBEDDED", folder: undefined });
const result = await database.orm.migrator.create(undefined, false, false, process.argv[2]);
console.log(result.fileName || "No difference: no migration written.");
await database.close();
