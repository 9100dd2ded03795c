import { parseInstant } from "../../domain/calendar.ts";
import { keysToSign } from "../../domain/keys/key-life.ts";
import { type KeyPurpose, keyPurposes } from "../../proof/keyring.ts";
import type { StoredSigningKey } from "../../store/keys/signing-key-store.ts";
import { type Output, requiredText, type SessionCommand, UsageError } from "./command.ts";
import { tableOf } from "./table.ts";

const reasonOption = { reason: { type: "string" } } as const;
const reasonHelp = "--reason TEXT    why: 2 to 200 characters, kept for ever";

/** `hub key …`: the keys the hub itself signs with */
export const keyCommands: Readonly<Record<string, SessionCommand>> = {
  list: {
    words: "",
    about: "Lists the hub's own keys, ended ones too, with the period of their use.",
    options: {},
    help: ["TO SIGN AGAIN    licenses of a compromised key that the hub has still to sign again", "", "hub key list"],
    run: async ({ keys, caller, now }) => {
      const all = await keys.readSigningKeys(caller);
      const value = all.map((key) => ({ ...toValue(key), toSignAgain: key.toSignAgain }));
      return { value, lines: linesOf(all, now()) };
    },
  },

  rotate: {
    words: "PURPOSE",
    about: "Makes the next key of a purpose; running hubs go over to it by themselves.",
    options: { ...reasonOption, now: { type: "boolean" } },
    help: [
      `PURPOSE          ${keyPurposes.join(", ")}`,
      reasonHelp,
      "--now            sign with it at once, without publishing it first",
      "",
      "hub key rotate license --reason 年度轮换",
    ],
    run: async ({ keys, caller, now }, [text = ""], values) => {
      const rotation = {
        purpose: purposeOf(text),
        reason: requiredText(values, "reason"),
        isAtOnce: values["now"] === true,
      };
      const key = await keys.rotateKey(caller, rotation);
      return { value: toValue(key), lines: linesOf([key], now()) };
    },
  },

  compromised: {
    words: "KID",
    about:
      "Says that a key is not the hub's alone any more: another one signs within a second, and signs again what it signed.",
    options: { ...reasonOption, since: { type: "string" } },
    help: [
      "KID              id of the key, as `hub key list` prints it",
      "--since INSTANT  since when: 2026-11-22T08:00:00+08:00; when in doubt, earlier",
      reasonHelp,
      "",
      "hub key compromised KID --since 2026-11-22T08:00:00+08:00 --reason 服务器被入侵",
    ],
    run: async ({ keys, caller, now }, [kid = ""], values): Promise<Output> => {
      const since = parseInstant(requiredText(values, "since"));
      if (!since) throw new UsageError("--since is no instant such as 2026-11-22T08:00:00+08:00");
      const reason = requiredText(values, "reason");
      const { key, replacement, signedSince } = await keys.declareKeyCompromised(caller, { kid, since, reason });
      const value = { key: toValue(key), replacement: replacement && toValue(replacement), signedSince };
      const count = `Licenses signed with it since then: ${signedSince}`;
      const rest = "The hub signs them again by itself while it runs; `hub key list` says how many are left.";
      const lines = linesOf(replacement ? [key, replacement] : [key], now());
      return { value, lines: [...lines, count, ...(signedSince > 0 ? [rest] : [])] };
    },
  },
};

function purposeOf(text: string): KeyPurpose {
  const purpose = keyPurposes.find((one) => one === text);
  if (purpose) return purpose;
  throw new UsageError(`PURPOSE is one of ${keyPurposes.join(", ")}`);
}

function linesOf(keys: readonly (StoredSigningKey & { toSignAgain?: number })[], now: Date): readonly string[] {
  const isCounted = keys.some(({ toSignAgain }) => toSignAgain !== undefined);
  const rows = keys.map((key) => {
    const { kid, purpose, issuer, alg, source, toSignAgain } = key;
    const again = isCounted ? [key.compromisedAt === undefined ? "-" : String(toSignAgain)] : [];
    const period = [textOf(key.notBefore), textOf(key.notAfter)];
    return [kid, purpose, issuer, alg, source, ...period, stateOf(key, keys, now), ...again];
  });
  const headings = ["KID", "PURPOSE", "ISSUER", "ALG", "SOURCE", "FROM", "UNTIL", "STATE"];
  return tableOf([...headings, ...(isCounted ? ["TO SIGN AGAIN"] : [])], rows);
}

function stateOf(key: StoredSigningKey, keys: readonly StoredSigningKey[], now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000);
  if (key.compromisedAt !== undefined) return `compromised ${textOf(key.compromisedAt)}`;
  if (key.notBefore > seconds) return "waits";
  if (key.notAfter !== undefined && key.notAfter < seconds) return "ended";
  const same = keys.filter(({ purpose, issuer }) => purpose === key.purpose && issuer === key.issuer);
  return keysToSign(same, seconds)[0]?.kid === key.kid ? "signs" : "stands";
}

function textOf(seconds: number | undefined): string {
  return seconds === undefined ? "-" : new Date(seconds * 1000).toISOString().replace(".000", "");
}

function toValue(key: StoredSigningKey) {
  const { kid, purpose, issuer, alg, source, reason, createdAt } = key;
  const instant = (seconds: number | undefined) => (seconds === undefined ? null : textOf(seconds));
  return {
    ...{
      kid,
      purpose,
      issuer,
      algorithm: alg,
      source,
      notBefore: textOf(key.notBefore),
      notAfter: instant(key.notAfter),
    },
    ...{ compromisedAt: instant(key.compromisedAt), createdAt: createdAt.toISOString(), reason },
  };
}
