import { readdirSync, readFileSync } from "node:fs";
import { compactVerify } from "jose";
import {
  type CompiledAttributesSchema,
  compileAttributesSchema,
} from "../../src/domain/licenses/license-type-schema.ts";
import { importSigningKey, type KeyAlgorithm, makeKeyPair, parseJwks } from "../../src/proof/keyring.ts";
import { buildLicenseClaims, type LicenseClaims } from "../../src/proof/license-jws.ts";
import { signLicense } from "../../src/proof/signing/sign-license.ts";
import { isJsonObject } from "../../src/proof/strict-json.ts";
import { lacksStateOnly } from "../../src/proof/verification.ts";
import { verifyLicense } from "../../src/use-cases/licenses/verify-license.ts";
import { makeBundles } from "./bundles.ts";
import { cell, interleave, type Outcome, ratios } from "./measure.ts";
import { issuer, licensesPerHolder, makeRecords, typeNames } from "./records.ts";

const tokens = 10_000;
const inFlight = 32;
const rounds = 5;
const leastRatio = 0.8;
const mostBundle = 1.6;
const issuerUrl = "https://hub.example";
const now = new Date("2026-11-22T09:00:00+08:00");

/** The whole report of a license, all steps, against nothing but jose's check of its signature; in one process. */
export async function benchVerify(): Promise<Outcome> {
  const kinds = [await measure("ES256"), await measure("EdDSA")];
  const perSecond = (side: readonly Round[]) => of(side, "perSecond");
  const row = (name: string, side: readonly Round[]) => [name, cell(of(side, "perSecond")), cell(of(side, "costUs"))];
  return {
    title: `verify: ${tokens.toLocaleString("en-US")} licenses offline, ${inFlight} in flight, ${rounds} rounds`,
    table: [
      ["", "licenses/s", "µs of processor time each"],
      ...kinds.flatMap(({ alg, bare, whole, bundled }) => [
        row(`${alg}, jose.compactVerify`, bare),
        row(`${alg}, whole report`, whole),
        row(`${alg}, whole report of a bundle`, bundled),
      ]),
    ],
    figures: kinds.flatMap(({ alg, bare, whole, bundled }) => [
      {
        name: `${alg}: whole reports a second : jose.compactVerify a second`,
        values: ratios(perSecond(whole), perSecond(bare)),
        ...(alg === "ES256" && { target: { atLeast: leastRatio } }),
      },
      {
        name: `${alg}: time of a whole bundle : time of jose.compactVerify on its bare JWS`,
        values: ratios(perSecond(bare), perSecond(bundled)),
        ...(alg === "ES256" && { target: { below: mostBundle } }),
      },
      {
        name: `${alg}: time of a whole bundle : time of a whole report of its bare JWS`,
        values: ratios(perSecond(whole), perSecond(bundled)),
      },
    ]),
  };
}

type Round = Readonly<{ perSecond: number; costUs: number }>;

function of(side: readonly Round[], field: keyof Round): readonly number[] {
  return side.map((round) => round[field]);
}

async function measure(alg: KeyAlgorithm) {
  const { privateJwk, publicJwk } = await makeKeyPair("license", issuerUrl, now, alg);
  const key = await importSigningKey(privateJwk);
  const claims = makeClaims();
  const texts = await Promise.all(claims.map((one) => signLicense(one, key)));
  const licenses = claims.map(({ sub: holder, license }, at) => {
    return { token: texts[at] ?? "", holder, issuer: license.issuer.code, kid: key.kid };
  });
  const under = { issuerUrl, listUri: `${issuerUrl}/status-lists/1`, now, licenseKey: publicJwk };
  const { bundles, publicKeys } = await makeBundles(licenses, under);
  const keyring = parseJwks({ keys: publicKeys });
  const publicKey = await keyring.find(key.kid)?.publicKey();
  if (publicKey === undefined) throw new Error("The key set lost its key.");
  const schemas = readSchemas();
  const tools = { keyring, schemaOf: (code: string) => schemas.get(code), now: () => now };
  const bare = async (token: string) => (await compactVerify(token, publicKey)).payload.length > 0;
  const whole = async (token: string) => {
    const { outcome, checks } = await verifyLicense(tools, { token });
    return outcome === "UNDECIDED" && lacksStateOnly(checks) && checks[4]?.outcome === "PASS";
  };
  const every = async (token: string) => {
    const { outcome, checks } = await verifyLicense(tools, { token });
    return outcome === "VALID" && checks.filter((check) => check.outcome === "PASS").length === 8;
  };
  const sides = [() => verifyAll(texts, bare), () => verifyAll(texts, whole), () => verifyAll(bundles, every)];
  await interleave(2, sides);
  const [first = [], second = [], third = []] = await interleave(rounds, sides);
  return { alg, bare: first, whole: second, bundled: third };
}

async function verifyAll(texts: readonly string[], verify: (token: string) => Promise<boolean>): Promise<Round> {
  const left = texts.values();
  const [began, used] = [performance.now(), process.cpuUsage()];
  const work = async () => {
    for (const text of left) if (!(await verify(text))) throw new Error("A license did not verify.");
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  const { user, system } = process.cpuUsage(used);
  const perSecond = (texts.length * 1000) / (performance.now() - began);
  return { perSecond, costUs: (user + system) / texts.length };
}

function makeClaims(): readonly LicenseClaims[] {
  return makeRecords(0, tokens / licensesPerHolder).map((record, index) => {
    const { identifier, licenseType, number, holder, issuedOn, validFrom, attributes } = record;
    if (!(identifier && number && holder && issuedOn && validFrom && isJsonObject(attributes)))
      throw new Error("A generated record lacks a member.");
    return buildLicenseClaims({
      ...{ issuerUrl, issuedAt: now, identifier, number, holder, issuedOn, validFrom, attributes, version: 1 },
      ...{ type: { code: licenseType, name: typeNames.get(licenseType) ?? "" }, region: record.region },
      issuer: { code: issuer.department, name: issuer.name },
      status: { uri: `${issuerUrl}/status-lists/1`, idx: index },
      source: { client: issuer.client, recordId: record.sourceRecordId, digest: "A".repeat(43) },
    });
  });
}

function readSchemas(): ReadonlyMap<string, CompiledAttributesSchema> {
  const folder = "schema/license-types";
  const schemas = readdirSync(folder).map((name): unknown => JSON.parse(readFileSync(`${folder}/${name}`, "utf8")));
  return new Map(
    schemas
      .filter(isJsonObject)
      .map((schema) => [String(schema["$id"]).split(":").at(-1) ?? "", compileAttributesSchema(schema)]),
  );
}
