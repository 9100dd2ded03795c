import { describe, expect, test } from "@jest/globals";
import { maxOpenClaims, type Origin } from "../../../src/domain/conflicts/conflict.ts";
import { disputesOf } from "../../../src/domain/conflicts/dispute.ts";
import { decideBatch } from "../../../src/domain/licenses/batch.ts";
import type { RawRecord } from "../../../src/domain/licenses/license-record.ts";
import { entriesOf, identifierOf, known, otherIssuer, rawIssue, storeOf } from "../licenses/records.ts";

const identifier = identifierOf(1);
const own: Origin = { clientId: "c", sourceRecordId: "travel-1" };

/** Source records whose refusal is a dispute. `origin`: of the license that stands. */
function disputed(raws: readonly RawRecord[], issuer: string | undefined, origin: Origin = own): readonly string[] {
  const entries = entriesOf(raws);
  const standing = issuer === undefined ? [] : [known(rawIssue({ number: "L-SD-WH1" }), { issuer })];
  const decision = decideBatch(entries, storeOf(...standing), () => "NONE");
  const lastPlaces = new Map(raws.map(({ sourceRecordId }, place) => [sourceRecordId, place]));
  const origins = new Map(standing.map((license) => [license.identifier, origin]));
  return disputesOf({ entries, decision, origins, clientId: "c", lastPlaces }).map(
    ({ entry }) => entry.record.sourceRecordId,
  );
}

describe("a record refused for its identifier is a dispute", () => {
  const issuer = rawIssue().issuer;

  test("when another issuer has it, whatever that one calls its record", () => {
    expect(disputed([rawIssue()], otherIssuer)).toEqual(["travel-1"]);
  });

  test("when another client, or another record of the same one, has it", () => {
    expect(disputed([rawIssue()], issuer, { ...own, clientId: "d" })).toEqual(["travel-1"]);
    expect(disputed([rawIssue()], issuer, { ...own, sourceRecordId: "x" })).toEqual(["travel-1"]);
  });

  test("and not when its own source has other content for it", () => {
    expect(disputed([rawIssue()], issuer)).toEqual([]);
    expect(disputed([rawIssue({ sourceUpdatedAt: "2020-01-01T00:00:00Z" })], issuer)).toEqual([]);
  });

  test("between two records of one batch: the first is the license, the second claims", () => {
    const second = rawIssue({ sourceRecordId: "travel-9", number: "L-SD-WH9" });
    expect(disputed([rawIssue(), second], undefined)).toEqual(["travel-9"]);
    expect(disputed([rawIssue(), rawIssue({ number: "L-SD-WH9" })], undefined)).toEqual([]);
  });

  test("by its last occurrence in the batch", () => {
    const mended = rawIssue({ identifier: identifierOf(2) });
    expect(disputed([rawIssue(), mended], otherIssuer)).toEqual([]);
    expect(disputed([rawIssue(), rawIssue()], otherIssuer)).toEqual(["travel-1"]);
  });

  test("and nothing else about it is: what is accepted, unchanged, or brings no identifier", () => {
    expect(disputed([rawIssue({ identifier: identifierOf(3) }), rawIssue({ identifier: null })], otherIssuer)).toEqual(
      [],
    );
  });

  test(`${maxOpenClaims} times an identifier at most`, () => {
    const many = Array.from({ length: 30 }, (_, n) => rawIssue({ sourceRecordId: `r-${n}`, number: `L-SD-WH${n}` }));
    expect(disputed(many, otherIssuer)).toHaveLength(maxOpenClaims);
    expect(identifier).toBe(many[0]?.identifier);
  });
});
