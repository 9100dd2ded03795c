import { expect, test } from "@jest/globals";
import { leafHash } from "../../../src/proof/log/merkle.ts";
import { signLicense } from "../../../src/proof/signing/sign-license.ts";
import type { UnsoundLicense } from "../../../src/store/keys/signing-again-store.ts";
import { type Inside, signLicensesAgain, type Tools } from "../../../src/use-cases/keys/sign-licenses-again.ts";
import { makeTestKey, sampleClaims, type TestKey } from "../../proof/samples.ts";

/** Licenses of compromised keys in the order they are come to, all of them in the log but those that are `unfit`. */
async function makePlace(count: number, isFit: (place: number) => boolean, { signing }: TestKey) {
  const clock = { now: 1_795_320_000_000, msEach: 0 };
  const asked: string[] = [];
  const saved: number[] = [];
  const jws = await signLicense(sampleClaims(), signing);
  const entry = new TextEncoder().encode("entry");
  const day = { state_since: "2026-11-22", source_updated_at: "2026-11-22", last_signed_at: "2026-11-22" } as const;
  const rows = Array.from({ length: count }, (_, place): UnsoundLicense => {
    const identifier = String(place).padStart(6, "0");
    const whose = { holder_code: "h", issuer_code: "i", source_record_id: "r", submission_id: "s" };
    return { ...whose, ...day, identifier, state: "VALID", jws };
  });
  const store: Inside["store"] = {
    count: async () => new Map([["first", 1]]),
    lockUnsound: async (kid, _signer, _issuer, after, most) => {
      asked.push(kid);
      return kid === "first"
        ? rows.filter(({ identifier }) => identifier > (after?.identifier ?? "")).slice(0, most)
        : [];
    },
    findFaithful: async (identifiers) => identifiers.filter((identifier) => isFit(Number(identifier))),
    save: async (licenses) => {
      saved.push(licenses.length);
    },
  };
  const inside: Inside = {
    store,
    log: { findTiles: async () => () => [leafHash(entry)] },
    findEntries: async (identifiers) => identifiers.map((identifier) => ({ identifier, jws, entry, index: 0 })),
  };
  const tools: Tools = {
    ...{ now: () => new Date(clock.now), issuer: signing.issuer, statusUri: (list) => `https://hub.example/${list}` },
    newSalts: (many) => Array.from({ length: many }, () => "A".repeat(22)),
    unsoundKeys: () => ["first", "second", "third"],
    signer: () => ({
      ...signing,
      sign: (data) => {
        clock.now += clock.msEach;
        return signing.sign(data);
      },
    }),
    transaction: (run) => run(inside),
  };
  return { tools, asked, saved, clock };
}

test("a pass that is told to stop ends after the transaction under way, however many keys are compromised", async () => {
  const { tools, asked } = await makePlace(0, () => true, await makeTestKey());
  await signLicensesAgain(tools, AbortSignal.abort(), () => {});
  expect(asked).toEqual(["first"]);
  await signLicensesAgain(tools, new AbortController().signal, () => {});
  expect(asked.slice(1)).toEqual(["first", "second", "third"]);
});

test("a key that signs slowly keeps no license locked for long: what it has signed is saved, and the pass goes on behind it", async () => {
  const { tools, saved, clock } = await makePlace(560, (place) => place % 7 !== 0, await makeTestKey());
  const pass = () => signLicensesAgain(tools, new AbortController().signal, () => {});
  expect(await pass()).toMatchObject({ signed: 480, unfit: 80 });
  expect(saved.splice(0)).toEqual([428, 52]);
  clock.msEach = 120;
  expect(await pass()).toMatchObject({ signed: 480, unfit: 80 });
  expect(saved).toEqual([100, 100, 100, 100, 80]);
});
