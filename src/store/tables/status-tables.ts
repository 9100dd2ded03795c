import { defineEntity, p } from "@mikro-orm/core";
import type { StoredState } from "../../domain/licenses/license.ts";
import { instant, text } from "./catalogue-tables.ts";

/** Changes of state that wait for their status list to be signed anew; gone when it is. Within a license, in the order of `id`. */
export const StatusChangeTable = defineEntity({
  name: "StatusChange",
  tableName: "status_change",
  properties: {
    id: p.bigint("number").primary().autoincrement(),
    statusList: p.integer(),
    statusIndex: p.integer(),
    state: text().$type<StoredState>(),
  },
  indexes: [{ properties: ["statusList", "id"] }],
});

/** Every status list as it was signed, packed (`token-text.ts`): what was said when is kept, and never signed again. */
export const StatusTokenTable = defineEntity({
  name: "StatusToken",
  tableName: "status_token",
  properties: {
    id: p.bigint("number").primary().autoincrement(),
    statusList: p.integer(),
    issuedAt: instant(),
    expiresAt: instant(),
    token: p.blob(),
  },
  indexes: [{ properties: ["statusList", "id"] }, { properties: ["statusList", "issuedAt", "id"] }],
});
