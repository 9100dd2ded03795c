import { createHash } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import {
  dayStart,
  firstRoot,
  holderCommitment,
  nextChain,
  recordDigest,
  type SealedRecord,
} from "../../../src/proof/access/access-chain.ts";

const record: SealedRecord = {
  id: 7,
  at: "2026-11-22T04:00:00.000Z",
  callerKind: "DEPARTMENT",
  client: "approval-bureau",
  department: "11371000XXXX010118",
  member: null,
  action: "READ",
  outcome: "DISCLOSED",
  refusal: null,
  purpose: { procedure: "food-operation-new", caseNumber: "C-1", reason: "核验" },
  licenses: ["X"],
  extents: ["*"],
  withheld: 0,
  holderCommitment: holderCommitment("2f1c1f6e-9c2e-4a64-9d53-d0d6f0a7c001", "91371002XXXX0030XC"),
};
const sha256 = (...parts: (Uint8Array | string)[]) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("base64url");
};

describe("the digest of an access record", () => {
  test("is SHA-256 of its canonical JSON, which anybody can write", () => {
    const text = JSON.stringify(
      Object.fromEntries(Object.entries({ version: 1, ...record }).toSorted(([a], [b]) => (a < b ? -1 : 1))),
      (_key, value: unknown) =>
        typeof value === "object" && value !== null && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
          : value,
    );
    expect(recordDigest(record)).toBe(sha256(text));
  });

  test.each(Object.keys(record))("changes with %s", (name) => {
    const changed = { ...record, [name]: name === "id" || name === "withheld" ? 8 : "other" };
    expect(recordDigest(changed)).not.toBe(recordDigest(record));
  });

  test("hides the holder behind a salt: equal holders of two records have different commitments", () => {
    expect(holderCommitment("a", "91371002XXXX0030XC")).not.toBe(holderCommitment("b", "91371002XXXX0030XC"));
    expect(JSON.stringify(record)).not.toContain("91371002XXXX0030XC");
  });
});

describe("a day's chain", () => {
  const bytes = (text: string) => Buffer.from(text, "base64url");

  test("begins with the root of the day before and the day", () => {
    expect(dayStart(firstRoot, "2026-11-22")).toBe(sha256(Uint8Array.of(2), Buffer.alloc(32), "2026-11-22"));
    expect(dayStart(firstRoot, "2026-11-22")).not.toBe(dayStart(firstRoot, "2026-11-23"));
  });

  test("adds one record after the other, so that their order counts", () => {
    const start = dayStart(firstRoot, "2026-11-22");
    const digest = recordDigest(record);
    expect(nextChain(start, digest)).toBe(sha256(Uint8Array.of(1), bytes(start), bytes(digest)));
    const other = recordDigest({ ...record, id: 8 });
    expect(nextChain(nextChain(start, digest), other)).not.toBe(nextChain(nextChain(start, other), digest));
  });
});
