import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import pkcs11 from "pkcs11js";
import type { Pkcs11Answer, Pkcs11Question } from "./pkcs11.ts";
import type { Pkcs11Place } from "./signer-places.ts";

// A thread of its own: calls of the library stand still until the token has answered, and a network token may take long.

type Handle = ReturnType<InstanceType<typeof pkcs11.PKCS11>["C_OpenSession"]>;
type Algorithm = Extract<Pkcs11Question, { do: "SIGN" }>["alg"];

/** Of PKCS#11 3.0; the package knows 2.30. */
const eddsa = { generate: 0x1055, sign: 0x1057, keyType: 0x40 } as const;

const curves = {
  ES256: { parameters: Buffer.from("06082a8648ce3d030107", "hex"), keyType: pkcs11.CKK_EC },
  EdDSA: { parameters: Buffer.from("06032b6570", "hex"), keyType: eddsa.keyType },
} as const;

const place = workerData as Pkcs11Place; // as pkcs11.ts starts this thread
const library = new pkcs11.PKCS11();
let isLoaded = false;
let session: Handle | undefined;
const privateKeys = new Map<string, Handle>();

parentPort?.on("message", (question: Pkcs11Question) => {
  const answer = (rest: Pkcs11Answer["result"] | { error: string }) =>
    parentPort?.postMessage("error" in rest ? { id: question.id, ...rest } : { id: question.id, result: rest });
  try {
    answer(onceMore(() => run(question)));
  } catch (error) {
    answer({ error: error instanceof Error ? error.message.slice(0, 200) : "unknown" });
  }
});

/** A token that was pulled out, or restarted, has forgotten the session: a new one is opened, once. */
function onceMore<T>(work: () => T): T {
  try {
    return work();
  } catch {
    forget();
    return work();
  }
}

function run(question: Pkcs11Question): Pkcs11Answer["result"] {
  const open = openSession();
  if (question.do === "SIGN") {
    const key = privateKey(open, question.name);
    if (!key) return {};
    return { bytes: sign(open, key, question.alg, Buffer.from(question.data)) };
  }
  if (question.do === "MAKE") make(open, question.name, question.alg);
  const point = publicPoint(open, question.name, question.alg);
  return point && privateKey(open, question.name) ? { bytes: point } : {};
}

function sign(open: Handle, key: Handle, alg: Algorithm, data: Buffer): Uint8Array {
  library.C_SignInit(open, { mechanism: alg === "ES256" ? pkcs11.CKM_ECDSA : eddsa.sign }, key);
  return library.C_Sign(open, data, Buffer.alloc(64));
}

function make(open: Handle, name: string, alg: Algorithm): void {
  const id = Buffer.from(name, "utf8");
  const { parameters, keyType } = curves[alg];
  const shared = [
    { type: pkcs11.CKA_TOKEN, value: true },
    { type: pkcs11.CKA_LABEL, value: name },
    { type: pkcs11.CKA_ID, value: id },
    { type: pkcs11.CKA_KEY_TYPE, value: keyType },
  ];
  library.C_GenerateKeyPair(
    open,
    { mechanism: alg === "ES256" ? pkcs11.CKM_EC_KEY_PAIR_GEN : eddsa.generate },
    [...shared, { type: pkcs11.CKA_VERIFY, value: true }, { type: pkcs11.CKA_EC_PARAMS, value: parameters }],
    [
      ...shared,
      { type: pkcs11.CKA_PRIVATE, value: true },
      { type: pkcs11.CKA_SENSITIVE, value: true },
      { type: pkcs11.CKA_EXTRACTABLE, value: false },
      { type: pkcs11.CKA_SIGN, value: true },
    ],
  );
}

function privateKey(open: Handle, name: string): Handle | undefined {
  const known = privateKeys.get(name) ?? findObject(open, name, pkcs11.CKO_PRIVATE_KEY);
  if (known) privateKeys.set(name, known);
  return known;
}

/** The raw point: 65 bytes (P-256, uncompressed) or 32 (Ed25519), out of the octet string it comes in. */
function publicPoint(open: Handle, name: string, alg: Algorithm): Uint8Array | undefined {
  const key = findObject(open, name, pkcs11.CKO_PUBLIC_KEY);
  if (!key) return undefined;
  const [parameters, found] = library.C_GetAttributeValue(open, key, [
    { type: pkcs11.CKA_EC_PARAMS },
    { type: pkcs11.CKA_EC_POINT },
  ]);
  if (!curves[alg].parameters.equals(Buffer.from(parameters?.value as Buffer))) return undefined;
  const point = Buffer.from(found?.value as Buffer);
  const bytes = alg === "ES256" ? 65 : 32;
  return point.length === bytes ? point : point.subarray(point.length - bytes);
}

function findObject(open: Handle, name: string, kind: number): Handle | undefined {
  library.C_FindObjectsInit(open, [
    { type: pkcs11.CKA_CLASS, value: kind },
    { type: pkcs11.CKA_LABEL, value: name },
  ]);
  try {
    return library.C_FindObjects(open, 1)[0];
  } finally {
    library.C_FindObjectsFinal(open);
  }
}

function openSession(): Handle {
  if (session) return session;
  if (!isLoaded) {
    library.load(place.module);
    tolerate(pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED, () => library.C_Initialize({ flags: pkcs11.CKF_OS_LOCKING_OK }));
    isLoaded = true;
  }
  const slot = library.C_GetSlotList(true).find((one) => library.C_GetTokenInfo(one).label.trim() === place.token);
  if (!slot) throw new Error(`there is no token ${JSON.stringify(place.token)}`);
  const opened = library.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION);
  const pin = readFileSync(place.pinFile, "utf8").trim();
  tolerate(pkcs11.CKR_USER_ALREADY_LOGGED_IN, () => library.C_Login(opened, pkcs11.CKU_USER, pin));
  session = opened;
  return opened;
}

function forget(): void {
  privateKeys.clear();
  try {
    if (session) library.C_CloseSession(session);
  } catch {
    // It is gone already.
  }
  session = undefined;
}

/** One return value is as good as success: what was wanted is so already. */
function tolerate(code: number, call: () => void): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof pkcs11.Pkcs11Error) || error.code !== code) throw error;
  }
}
