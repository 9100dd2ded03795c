import type { LoginProblem, PendingLogin } from "../../connectors/login/openid-login.ts";
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
 * How holders prove who they are (实名认证): a page of ours that asks, or an identity provider of the city's that the
 * browser is sent to. It sends the browser back to `redirectUri` with `state`; `pending` is kept meanwhile and used once.
 */
export type RealNameLogin =
  | Readonly<{
      kind: "PAGE";
      ask: () => Promise<LoginQuestion>;
      /** Who the answer proves to be there; undefined: nobody, ask again. */
      judge: (answer: LoginAnswer) => Promise<RealIdentity | undefined>;
    }>
  | Readonly<{
      kind: "REDIRECT";
      start: (
        back: Pick<PendingLogin, "redirectUri" | "state">,
      ) => Promise<Readonly<{ address: string; pending: PendingLogin }> | LoginFailure>;
      finish: (answer: LoginAnswer, pending: PendingLogin) => Promise<RealIdentity | LoginFailure>;
    }>;

/** Why nobody was signed in. */
export type LoginFailure = Readonly<{ problem: LoginProblem }>;
