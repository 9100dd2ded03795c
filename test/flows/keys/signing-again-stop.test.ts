import { expect, test } from "@jest/globals";
import { type Inside, signLicensesAgain, type Tools } from "../../../src/use-cases/keys/sign-licenses-again.ts";

test("a pass that is told to stop ends after the transaction under way, however many keys are compromised", async () => {
  const asked: string[] = [];
  const store: Inside["store"] = {
    count: async () => new Map([["first", 1]]),
    lockUnsound: async (kid) => {
      asked.push(kid);
      return [];
    },
    findFaithful: async () => [],
    save: async () => {},
  };
  const inside: Inside = { store, log: { findTiles: async () => () => undefined }, findEntries: async () => [] };
  const tools: Tools = {
    ...{ now: () => new Date(0), issuer: "https://hub.example", newSalts: () => [] },
    unsoundKeys: () => ["first", "second", "third"],
    signer: () => ({ kid: "now", alg: "ES256", purpose: "license", issuer: "", sign: async () => new Uint8Array() }),
    statusUri: String,
    transaction: (run) => run(inside),
  };
  await signLicensesAgain(tools, AbortSignal.abort(), () => {});
  expect(asked).toEqual(["first"]);
  await signLicensesAgain(tools, new AbortController().signal, () => {});
  expect(asked.slice(1)).toEqual(["first", "second", "third"]);
});
