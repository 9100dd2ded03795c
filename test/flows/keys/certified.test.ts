import "reflect-metadata";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { X509CertificateGenerator } from "@peculiar/x509";
import { ConfigError } from "../../../src/config.ts";
import { openTestHub, type TestHub } from "../../setup/hub.ts";

let house: TestHub;
beforeAll(async () => {
  house = await openTestHub({ demo: false });
});
afterAll(() => house.close());

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const day = 86_400_000;

/** A certificate of the hub's license key; `isAnchor`: signed by itself. */
async function certificate(isAnchor: boolean): Promise<Readonly<{ kid: string; pem: string; der: string }>> {
  const { keysDir } = house.place;
  const name = (await readdir(keysDir)).find((file) => file.startsWith("license-")) ?? "";
  const { kid, d, kty, crv, x, y } = JSON.parse(await readFile(join(keysDir, name), "utf8"));
  const own = {
    privateKey: await crypto.subtle.importKey("jwk", { kty, crv, x, y, d }, algorithm, true, ["sign"]),
    publicKey: await crypto.subtle.importKey("jwk", { kty, crv, x, y }, algorithm, true, ["verify"]),
  };
  const authority = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
  const made = await X509CertificateGenerator.create({
    ...{ subject: "CN=Hub", issuer: isAnchor ? "CN=Hub" : "CN=City", publicKey: own.publicKey },
    signingKey: (isAnchor ? own : authority).privateKey,
    notBefore: new Date(house.clock.now.getTime() - day),
    notAfter: new Date(house.clock.now.getTime() + day),
    signingAlgorithm: algorithm,
  });
  return { kid, pem: made.toString("pem"), der: Buffer.from(made.rawData).toString("base64") };
}

test("a trust anchor beside a key stops the start; its certificate is published, by copies that run already too", async () => {
  const anchor = await certificate(true);
  const file = join(house.place.keysDir, `${anchor.kid}.x5c.pem`);
  await writeFile(file, anchor.pem);
  const refused = await openTestHub({ demo: false, database: house.place }).catch((error: unknown) => error);
  expect(refused).toEqual(new ConfigError(`the certificates in ${file} can not be published: TRUST_ANCHOR`));

  const { kid, pem, der } = await certificate(false);
  await writeFile(file, pem);
  const copy = await openTestHub({ demo: false, database: house.place });
  await house.hub.refreshKeys();
  for (const { hub } of [house, copy])
    expect(hub.publicKeys().find((key) => key.kid === kid)).toMatchObject({ x5c: [der] });
  expect(copy.hub.authorization?.keys.signer("license", copy.clock.now)).toMatchObject({ kid, x5c: [der] });
  await copy.close();
});
