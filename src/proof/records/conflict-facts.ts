import { digestOf } from "../canonical-json.ts";

/** What a decision rests on. The claim: what it says. The license: what it says, and what has become of it since. */
export type ConflictFacts = Readonly<{
  claim: Readonly<{ id: number; digest: string; record: string | null }>;
  standing: Readonly<{
    identifier: string;
    version: number;
    digest: string;
    state: string;
    stateSince: string;
    successor: string | null;
    sourceUpdatedAt: string;
  }>;
}>;

/**
 * One value that is another when anything a clerk looked at has changed since.
 * *Shape*: SHA-256 of the canonical text, base64url.
 */
export function conflictFactsDigest(facts: ConflictFacts): string {
  return digestOf(facts);
}
