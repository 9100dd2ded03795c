import type { HolderIdType } from "../../domain/licenses/license-type.ts";
import type { LocalizedText } from "../../errors.ts";

/** Whoever proved their identity. *Trust*: the login that says so vouches for it. */
export type RealIdentity = Readonly<{ idType: HolderIdType; id: string; name: string }>;

/** Somebody to be picked on the login page. */
export type LoginChoice = Readonly<{ value: string; title: string; detail: string }>;

/** What a login page shows: who can be picked, in groups, and perhaps a field to type somebody else. */
export type LoginQuestion = Readonly<{
  note: LocalizedText;
  groups: readonly Readonly<{ title: LocalizedText; choices: readonly LoginChoice[] }>[];
  field: Readonly<{ name: string; label: LocalizedText; pattern: string }> | undefined;
}>;

/** What came back from a login page or from the identity provider. *Trust*: attacker-chosen until the login judged it. */
export type LoginAnswer = ReadonlyMap<string, string>;

/**
 * How holders prove who they are (实名认证). A city plugs its own in: a page of ours that asks, or an identity provider
 * the browser is sent to, which sends it back to `returnTo` (whose query it keeps) with an answer added to the query.
 */
export type RealNameLogin =
  | Readonly<{ kind: "PAGE"; ask: () => Promise<LoginQuestion>; judge: Judge }>
  | Readonly<{ kind: "REDIRECT"; start: (returnTo: string) => Promise<string>; judge: Judge }>;

/** Who the answer proves to be there; undefined: nobody, ask again. */
type Judge = (answer: LoginAnswer) => Promise<RealIdentity | undefined>;
