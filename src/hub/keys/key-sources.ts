import { join } from "node:path";
import type { Config } from "../../config.ts";
import { httpKms } from "../../connectors/signers/http-kms.ts";
import { pkcs11Source } from "../../connectors/signers/pkcs11.ts";
import { noSigners, readSignerPlaces, type SignerPlaces } from "../../connectors/signers/signer-places.ts";
import type { KeyPurpose } from "../../proof/keyring.ts";
import type { KeySource, KeySourceKind } from "../../proof/signing/signer.ts";
import { fileKeySource } from "../../store/keys/key-store.ts";

/** Where this hub's private keys lie, purpose by purpose. */
export type KeySources = Readonly<{
  of: (purpose: KeyPurpose) => KeySource;
  ofKind: (kind: KeySourceKind) => KeySource | undefined;
  places: SignerPlaces;
  close: () => Promise<void>;
}>;

/** Opens what the configuration names. Nothing is asked yet. *Throws* ConfigError when KEY_SIGNERS can not be used. */
export async function openKeySources({
  keysDir,
  keySigners,
}: Pick<Config, "keysDir" | "keySigners">): Promise<KeySources> {
  const places = keySigners === undefined ? noSigners : await readSignerPlaces(keySigners);
  const sources = new Map<KeySourceKind, KeySource>([["FILE", fileKeySource(keysDir)]]);
  if (places.pkcs11) sources.set("PKCS11", pkcs11Source(places.pkcs11));
  if (places.kms) sources.set("KMS", httpKms(places.kms));
  const file = fileKeySource(keysDir);
  return {
    of: (purpose) => sources.get(places.purposes.get(purpose) ?? "FILE") ?? file,
    ofKind: (kind) => sources.get(kind),
    places,
    close: async () => {
      await Promise.all([...sources.values()].map((source) => source.close()));
    },
  };
}

/** The file that may hold a key's certificates. */
export function chainFileOf(keysDir: string, kid: string): string {
  return join(keysDir, `${kid}.x5c.pem`);
}
