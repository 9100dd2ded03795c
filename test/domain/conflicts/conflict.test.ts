import { describe, expect, test } from "@jest/globals";
import { type Alias, aliasScope, isEndable, renamed } from "../../../src/domain/conflicts/conflict.ts";
import { stateAfterEvent, storedStates } from "../../../src/domain/licenses/license.ts";
import { entriesOf, identifierOf, rawEvent, rawIssue, rawRenewal } from "../licenses/records.ts";

const [spent, own, twin] = [identifierOf(1), identifierOf("OWN"), identifierOf("TWIN")];
const alias = (changes: Partial<Alias> = {}): Alias => ({
  ...{ brought: spent, given: own, clientId: "", sourceRecordId: "", ...changes },
});

describe("an alias", () => {
  test("is as wide as the license that stands lets it be", () => {
    const claim = { issuer: "a", clientId: "c", sourceRecordId: "r" };
    const scope = (standing: Partial<typeof claim>) => aliasScope({ claim, standing: { ...claim, ...standing } });
    expect(scope({ issuer: "b", sourceRecordId: "x" })).toEqual({ clientId: "", sourceRecordId: "" });
    expect(scope({ clientId: "d" })).toEqual({ clientId: "c", sourceRecordId: "" });
    expect(scope({ sourceRecordId: "x" })).toEqual({ clientId: "c", sourceRecordId: "r" });
  });

  test("is read into the identifier of a record and of an event, and into a predecessor", () => {
    const entries = entriesOf([rawIssue(), rawEvent(), rawRenewal(spent)]);
    const read = renamed(entries, [alias()], "c").map(({ record }) => record);
    expect(read).toMatchObject([{ identifier: own }, { identifier: own }, { predecessor: own, operation: "RENEW" }]);
    expect(read[2]).toMatchObject({ identifier: identifierOf(1, 2) });
  });

  test("of another client or another record changes nothing, and the list stays the same", () => {
    const entries = entriesOf([rawIssue()]);
    expect(renamed(entries, [], "c")).toBe(entries);
    expect(renamed(entries, [alias({ clientId: "d" })], "c")).toBe(entries);
    expect(renamed(entries, [alias({ clientId: "c", sourceRecordId: "x" })], "c")).toBe(entries);
    expect(renamed(entries, [alias({ brought: twin })], "c")).toBe(entries);
  });

  test.each([[0], [1]])("that is narrower counts before a wider one, in whichever order they come (%i)", (turn) => {
    const both = [alias(), alias({ given: twin, clientId: "c", sourceRecordId: "travel-1" })];
    const [read] = renamed(entriesOf([rawIssue()]), turn === 0 ? both : both.toReversed(), "c");
    expect(read?.record).toMatchObject({ identifier: twin });
  });
});

test.each(storedStates)("a decision can end a license that is %s exactly when a cancellation could", (state) => {
  for (const hasSuccessor of [true, false])
    expect(isEndable(state, hasSuccessor)).toBe(
      stateAfterEvent(state, "CANCEL", "REVOKED", hasSuccessor) !== undefined,
    );
});
