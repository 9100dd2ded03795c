import { defineEntity, p } from "@mikro-orm/core";
import { instant, text } from "./catalogue-tables.ts";

/** What the authorization server remembers: sessions, interactions, codes, pushed requests, refresh tokens. */
export const OauthArtifactTable = defineEntity({
  name: "OauthArtifact",
  tableName: "oauth_artifact",
  properties: {
    model: text().primary(),
    id: text().primary(),
    payload: p.json<Record<string, unknown>>(),
    grantId: text().nullable(),
    uid: text().nullable(),
    userCode: text().nullable(),
    expiresAt: instant().nullable(),
    consumedAt: instant().nullable(),
  },
  indexes: [
    { properties: ["grantId"] },
    { properties: ["model", "uid"] },
    { properties: ["model", "userCode"] },
    { properties: ["expiresAt"] },
  ],
});

/** DPoP proofs seen: none works twice. Not kept through a crash of the database, which outlives every proof. */
export const DpopProofTable = defineEntity({
  name: "DpopProof",
  tableName: "dpop_proof",
  properties: {
    /** SHA-256 over the key's thumbprint and the proof's jti, base64url. */
    digest: text().primary(),
    expiresAt: instant(),
  },
  indexes: [{ properties: ["expiresAt"] }],
});

/** How much of its rate each client took in a window. Not kept through a crash of the database. */
export const RateWindowTable = defineEntity({
  name: "RateWindow",
  tableName: "rate_window",
  properties: {
    subject: text().primary(),
    kind: text().primary(),
    startsAt: instant().primary(),
    taken: p.integer(),
  },
  indexes: [{ properties: ["startsAt"] }],
});
