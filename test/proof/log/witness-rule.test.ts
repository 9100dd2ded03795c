import { generateKeyPairSync, sign } from "node:crypto";
import { expect, test } from "@jest/globals";
import { cosignedText, formatNoteKey, noteKey } from "../../../src/proof/log/signed-note.ts";
import { countWitnesses, witnessRuleOf } from "../../../src/proof/log/witness-rule.ts";

const text = "log.example/log\n1\nAAAA\n";

/** Somebody who signs under as many names as one likes. */
function makeWitness() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const point = Uint8Array.from(Buffer.from(String(publicKey.export({ format: "jwk" }).x), "base64url"));
  return (name: string) => {
    const { id } = noteKey(name, point, "COSIGNATURE_V1");
    const signed = sign(null, Buffer.from(cosignedText(text, 7)), privateKey);
    const signature = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 7, ...signed);
    return { key: formatNoteKey(noteKey(name, point, "COSIGNATURE_V1")), line: { name, id, signature } };
  };
}

test("a witness counts once, however often it has signed and by however many names it goes", async () => {
  const [one, other] = [makeWitness(), makeWitness()];
  const [first, alias, second] = [one("one.example"), one("alias.example"), other("other.example")];
  const rule = witnessRuleOf(
    [first, alias, second].map(({ key }) => key),
    2,
  ) ?? { keys: [], atLeast: 2 };
  const count = (...all: readonly (typeof first)[]) =>
    countWitnesses({ text, signatures: all.map(({ line }) => line) }, rule);
  expect(await count(first)).toEqual({ count: 1, isEnough: false });
  expect(await count(first, first)).toEqual({ count: 1, isEnough: false });
  expect(await count(first, alias)).toEqual({ count: 1, isEnough: false });
  expect(await count(alias, second)).toEqual({ count: 2, isEnough: true });
});
