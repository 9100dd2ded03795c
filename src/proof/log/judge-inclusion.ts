import type { LocalizedText } from "../../errors.ts";
import { base64 } from "../bytes/base64.ts";
import { sha256Base64url } from "../bytes/sha256.ts";
import type { Keyring } from "../keyring.ts";
import type { LicenseClaims } from "../license-jws.ts";
import { openedOnce } from "../opened-once.ts";
import { type Finding, found, passed, type VerificationCode } from "../verification.ts";
import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import { isPersonal, parseEntry, tagOf } from "./log-entry.ts";
import { isIncluded, leafHash } from "./merkle.ts";
import { type NoteKey, noteKey, noteKeyName, parseNote, verifyNote } from "./signed-note.ts";
import { countWitnesses, type WitnessRule } from "./witness-rule.ts";

/** Proof that a license stands in the log, as a bundle carries it. Trust: attacker-chosen. */
export type LogEvidence = Readonly<{
  index: number;
  /** The entry's text. */
  entry: string;
  /** From the leaf upwards, base64. */
  proof: readonly string[];
  /** A signed note. */
  checkpoint: string;
}>;

/** A checkpoint whose signature held, and by how many witnesses it is signed besides; or why it is none. */
export type CheckpointOpening =
  | Readonly<{ checkpoint: Checkpoint; witnesses: number }>
  | Readonly<{ code: VerificationCode; detail?: LocalizedText }>;

/** A license whose signature and issuer hold: what it says, and the bytes that say so. */
export type OpenedLicense = Readonly<{ claims: LicenseClaims; payload: Uint8Array }>;

/** Opens checkpoints. Trust: the note is attacker-chosen, the issuer verified by now. */
export type OpenCheckpoint = (note: string, issuer: string) => Promise<CheckpointOpening>;

/** Most hashes of a proof: a tree of 2^53 leaves. */
const maxProof = 53;

/**
 * Opens checkpoints and remembers the last few: one is verified once for all the licenses proved under it. Known again by
 * every character.
 * @param rule whose signatures are asked for besides; undefined: nobody's
 */
export function checkpointReader(keyring: Keyring, rule?: WitnessRule, maxKnown = 8): OpenCheckpoint {
  // As many as there are issuers among the keys.
  const ofIssuer = new Map<string, ReturnType<typeof openedOnce<CheckpointOpening>>>();
  return (note, issuer) => {
    const once = ofIssuer.get(issuer) ?? openedOnce<CheckpointOpening>(keyring, "log", maxKnown);
    ofIssuer.set(issuer, once);
    return once(note, () => openCheckpoint(note, issuer, keyring, rule));
  };
}

/** A log's name: the issuer's address without its scheme. Source: C2SP tlog-checkpoint, "Note text". */
export function originOf(issuer: string): string {
  return `${issuer.replace(/^https?:\/\//, "").replace(/\/+$/, "")}/log`;
}

/** The keys that sign an issuer's checkpoints, as a key set names them; those that were compromised too. */
export function logKeysOf(keyring: Keyring, issuer: string): readonly NoteKey[] {
  return knownLogKeys(keyring, issuer).map(({ key }) => key);
}

/** Whether a checkpoint of one's own is signed with a key that is not compromised; the signature is not verified. */
export function isSoundlySigned(checkpoint: string, keyring: Keyring, issuer: string): boolean {
  const names = (parseNote(checkpoint)?.signatures ?? []).map(noteKeyName);
  return knownLogKeys(keyring, issuer).some(({ key, isSound }) => isSound && names.includes(noteKeyName(key)));
}

function knownLogKeys(keyring: Keyring, issuer: string): readonly Readonly<{ key: NoteKey; isSound: boolean }>[] {
  return keyring
    .ofPurpose("log")
    .filter((key) => key.issuer === issuer && key.alg === "EdDSA")
    .map((key) => ({ key: noteKey(originOf(issuer), key.point), isSound: key.compromisedAt === undefined }));
}

/**
 * Judges the step LOG_INCLUSION.
 * Trust: the evidence is attacker-chosen; the license's signature and issuer hold by now.
 * Source: RFC 9162 §2.1.3.2; C2SP tlog-checkpoint.
 */
export async function judgeInclusion(
  evidence: LogEvidence,
  license: OpenedLicense,
  open: OpenCheckpoint,
): Promise<Finding> {
  const opened = await open(evidence.checkpoint, license.claims.iss);
  if ("code" in opened) return found("LOG_INCLUSION", opened.code, opened.detail);
  const { checkpoint, witnesses } = opened;
  const proof = readProof(evidence.proof);
  if (!proof) return found("LOG_INCLUSION", "LOG_PROOF_MALFORMED");
  const fault = findEntryFault(evidence.entry, license);
  if (fault) return found("LOG_INCLUSION", fault);
  if (!isIncluded(leafHash(evidence.entry), evidence.index, checkpoint, proof))
    return found("LOG_INCLUSION", "LOG_NOT_INCLUDED");
  return passed("LOG_INCLUSION", {
    en: `entry ${evidence.index} of ${checkpoint.size}${witnesses > 0 ? `, seen by ${witnesses} ${witnesses === 1 ? "witness" : "witnesses"}` : ""}`,
    zh: `第 ${evidence.index} 条，共 ${checkpoint.size} 条${witnesses > 0 ? `，${witnesses} 个见证方` : ""}`,
  });
}

async function openCheckpoint(
  text: string,
  issuer: string,
  keyring: Keyring,
  rule: WitnessRule | undefined,
): Promise<CheckpointOpening> {
  const note = parseNote(text);
  const checkpoint = note && parseCheckpoint(note.text);
  if (!note || !checkpoint) return { code: "LOG_PROOF_MALFORMED" };
  if (checkpoint.origin !== originOf(issuer)) return { code: "LOG_FOREIGN" };
  const keys = knownLogKeys(keyring, issuer);
  if (keys.length === 0) return { code: "LOG_KEY_UNKNOWN" };
  const good = await verifyNote(
    note,
    keys.map(({ key }) => key),
  );
  const signers = keys.filter(({ key }) => good?.includes(key));
  if (good === undefined || signers.length === 0) return { code: "LOG_CHECKPOINT_SIGNATURE" };
  // A checkpoint does not say when it was signed: a thief of the key can have made it, over a log of his own.
  if (!signers.some(({ isSound }) => isSound)) return { code: "LOG_KEY_COMPROMISED" };
  if (!rule) return { checkpoint, witnesses: 0 };
  const witnessed = await countWitnesses(note, rule);
  if (witnessed === "SIGNATURE") return { code: "LOG_WITNESS_SIGNATURE" };
  const { count, isEnough } = witnessed;
  return isEnough
    ? { checkpoint, witnesses: count }
    : { code: "LOG_WITNESSES_LACKING", detail: countText(count, rule) };
}

/** The hashes of a proof; undefined when it is too long or one of them is no hash. */
function readProof(texts: readonly string[]): readonly Uint8Array[] | undefined {
  if (texts.length > maxProof) return undefined;
  const nodes: Uint8Array[] = [];
  for (const text of texts) {
    const node = base64.decode(text);
    if (node?.length !== 32) return undefined;
    nodes.push(node);
  }
  return nodes;
}

function countText(count: number, { keys, atLeast }: WitnessRule): LocalizedText {
  return {
    en: `${count} of the ${keys.length} named, at least ${atLeast} asked for`,
    zh: `所指明的 ${keys.length} 个中有 ${count} 个，要求至少 ${atLeast} 个`,
  };
}

/** The entry must be the license's own, and marked for its issuer and holder, so that their monitors find it. */
function findEntryFault(text: string, { payload, claims }: OpenedLicense): VerificationCode | undefined {
  const entry = parseEntry(text);
  if (!entry) return "LOG_PROOF_MALFORMED";
  if (entry.kind !== "LICENSE" || entry.digest !== sha256Base64url(payload)) return "LOG_OTHER_LICENSE";
  const { salt, issuer, holder } = entry;
  if (issuer !== tagOf(salt, "issuer", claims.license.issuer.code)) return "LOG_OTHER_LICENSE";
  const isOfHolder = isPersonal(claims.sub) || holder === tagOf(salt, "holder", claims.sub);
  return isOfHolder ? undefined : "LOG_OTHER_LICENSE";
}
