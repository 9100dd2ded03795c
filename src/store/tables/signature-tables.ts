import { defineEntity, p } from "@mikro-orm/core";
import { instant, text } from "./catalogue-tables.ts";

/** Public keys a client's records are signed with: others than those it proves itself with. None is ever taken away. */
export const RecordKeyTable = defineEntity({
  name: "RecordKey",
  tableName: "record_key",
  properties: {
    clientId: text().primary(),
    kid: text().primary(),
    jwk: p.json<object>(),
    addedAt: instant(),
    retiredAt: instant().nullable(),
  },
});

/** A source's own signature over a record the hub took in: where what a license says comes from. */
export const RecordSignatureTable = defineEntity({
  name: "RecordSignature",
  tableName: "record_signature",
  properties: {
    identifier: text().primary(),
    contentDigest: text().primary(),
    submissionId: p.uuid().primary(),
    /** The same words may be said again of the same license: a second suspension. */
    sourceUpdatedAt: instant().primary(),
    clientId: text(),
    kid: text(),
    /** Compact JWS, the canonical record inside. */
    jws: text(),
  },
});
