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
    help: ["hub key list"],
    run: async ({ keys, caller, now }) => {
      const all = await keys.readSigningKeys(caller);
      return { value: all.map(toValue), lines: linesOf(all, now()) };
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
    about: "Says that a key is not the hub's alone any more: another one signs within a second.",
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
      const count = `Licenses signed with it since then, to be issued again: ${signedSince}`;
      return { value, lines: [...linesOf(replacement ? [key, replacement] : [key], now()), count] };
    },
  },
};

function purposeOf(text: string): KeyPurpose {
  const purpose = keyPurposes.find((one) => one === text);
  if (purpose) return purpose;
  throw new UsageError(`PURPOSE is one of ${keyPurposes.join(", ")}`);
}

function linesOf(keys: readonly StoredSigningKey[], now: Date): readonly string[] {
  const rows = keys.map((key) => {
    const { kid, purpose, alg, source } = key;
    return [kid, purpose, alg, source, textOf(key.notBefore), textOf(key.notAfter), stateOf(key, keys, now)];
  });
  return tableOf(["KID", "PURPOSE", "ALG", "SOURCE", "FROM", "UNTIL", "STATE"], rows);
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

function toValue(key: StoredSigningKey): unknown {
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
