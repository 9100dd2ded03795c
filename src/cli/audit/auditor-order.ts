import type { WitnessRule } from "../../proof/log/witness-rule.ts";
import { type Language, readLanguage, readWitnesses, UsageError } from "../program.ts";

/** What every program about a log is told: how its head is verified, what was remembered, how to answer. */
export type AuditorOrder = Readonly<{
  vkey: string | undefined;
  keys: string | undefined;
  witnesses: WitnessRule | undefined;
  state: string | undefined;
  json: boolean;
  language: Language;
}>;

/** The options for it. */
export const auditorOptions = {
  vkey: { type: "string" },
  keys: { type: "string" },
  witness: { type: "string", multiple: true, default: [] as string[] },
  "min-witnesses": { type: "string" },
  state: { type: "string" },
  json: { type: "boolean", default: false },
  lang: { type: "string", default: "en" },
  help: { type: "boolean", default: false },
} as const;

type Given = Readonly<{
  vkey?: string | undefined;
  keys?: string | undefined;
  witness: readonly string[];
  "min-witnesses"?: string | undefined;
  state?: string | undefined;
  json: boolean;
  lang: string;
}>;

/** Reads them. *Throws* UsageError. */
export function readAuditorOrder({ vkey, keys, witness, state, json, lang, ...given }: Given): AuditorOrder {
  if (vkey !== undefined && keys !== undefined) throw new UsageError("--vkey or --keys, not both.");
  const witnesses = readWitnesses(witness, given["min-witnesses"]);
  return { vkey, keys, witnesses, state, json, language: readLanguage(lang) };
}

/** What help says of the options that fsck and monitor share. */
export const sharedHelp = {
  keys: `  --vkey KEY       the log's key, NAME+ID+KEY, as at /log/vkey
  --keys JWKS      file with the hub's key set, as served at /.well-known/jwks.json; instead of --vkey.
                   With neither, the key beside the log is taken on trust, and printed.
  --witness KEY    a witness whom you trust, by its key NAME+ID+KEY; may be repeated. One of them must have signed a
                   checkpoint of the log, and the log must begin with what it stood for
  --min-witnesses N  so many of them on one checkpoint: 1, unless told`,
  answer: `  --json           print a JSON object a line
  --lang           language: en (default) or zh
  --help           print this`,
} as const;
