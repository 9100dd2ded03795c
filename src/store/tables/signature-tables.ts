import { defineEntity, p } from "@mikro-orm/core";
import type { KeyPurpose } from "../../proof/keyring.ts";
import type { KeySourceKind } from "../../proof/signing/signer.ts";
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

/**
 * Every key the hub ever signed with, and when: what all copies go by. No row is ever taken away, and of a row only its end,
 * its compromise and its certificates are added. Never a secret.
 */
export const SigningKeyTable = defineEntity({
  name: "SigningKey",
  tableName: "signing_key",
  properties: {
    id: p.bigint("number").primary().autoincrement(),
    kid: text().unique(),
    purpose: text().$type<KeyPurpose>(),
    issuer: text(),
    /** The public half: `kty`, `crv`, `x`, `y`. */
    point: p.json<object>(),
    /** Where the private half lies, and what it is called there. */
    source: text().$type<KeySourceKind>(),
    name: text(),
    notBefore: instant(),
    notAfter: instant().nullable(),
    compromisedAt: instant().nullable(),
    x5c: p.json<readonly string[]>().nullable(),
    createdAt: instant(),
    reason: text(),
  },
  indexes: [{ properties: ["purpose", "issuer"] }],
});

/** What happened to the hub's keys; written once. */
export const KeyEventTable = defineEntity({
  name: "KeyEvent",
  tableName: "key_event",
  properties: {
    id: p.bigint("number").primary().autoincrement(),
    kid: text(),
    event: text().$type<KeyEventKind>(),
    at: instant(),
    /** Who: an operator's client, `cli:` and a user, or `hub`. */
    operator: text(),
    reason: text(),
    /** The end, or the moment of the compromise, that it brought. */
    moment: instant().nullable(),
  },
  indexes: [{ properties: ["kid", "id"] }],
});

/** CERTIFIED: its certificates were set; that one is not in the public log. */
export const keyEventKinds = ["ADDED", "ENDED", "COMPROMISED", "CERTIFIED"] as const;
export type KeyEventKind = (typeof keyEventKinds)[number];
