import { formatBundle } from "../../src/proof/bundle/bundle.ts";
import { base64 } from "../../src/proof/bytes/base64.ts";
import { payloadDigest } from "../../src/proof/compact-jws.ts";
import { importSigningKey, makeKeyPair, type PublicJwk } from "../../src/proof/keyring.ts";
import { formatCheckpoint } from "../../src/proof/log/checkpoint.ts";
import { growTree } from "../../src/proof/log/growing-tree.ts";
import { originOf } from "../../src/proof/log/judge-inclusion.ts";
import { entryBytes, entrySecret, licenseEntry } from "../../src/proof/log/log-entry.ts";
import { type Digest, inclusionRanges, leafHash } from "../../src/proof/log/merkle.ts";
import { formatNote, noteKey } from "../../src/proof/log/signed-note.ts";
import { proofOf } from "../../src/proof/log/tile.ts";
import { newEntries, setEntry, signStatusList } from "../../src/proof/status/sign-status-list.ts";

/** A license that is going to be bundled. */
type Bundled = Readonly<{ token: string; holder: string; issuer: string; kid: string }>;

/** What every bundle stands under. */
type Under = Readonly<{ issuerUrl: string; listUri: string; now: Date; licenseKey: PublicJwk }>;

/**
 * Whole bundles of licenses: one status list of a million places with 1 % not valid, one log that holds all of them, one
 * checkpoint.
 */
export async function makeBundles(licenses: readonly Bundled[], { issuerUrl, listUri, now, licenseKey }: Under) {
  const status = await makeKeyPair("status", issuerUrl, now);
  const log = await makeKeyPair("log", issuerUrl, now, "EdDSA");
  const entries = newEntries();
  for (let at = 0; at < 10_000; at += 1) setEntry(entries, 2 ** 20 - 1 - Math.floor(Math.random() * 1_000_000), 1);
  const input = { uri: listUri, aggregationUri: `${issuerUrl}/status-lists`, entries, issuedAt: now };
  const { token: statusList } = await signStatusList(input, await importSigningKey(status.privateJwk));
  const logged = licenses.map(({ token, holder, issuer }, place) =>
    entryBytes(
      licenseEntry(
        {
          ...{ secret: entrySecret("bench", place), issuer },
          facts: {
            ...{ client: "bench", contentDigest: "d", effectiveOn: "2026-11-22", holder, identifier: String(place) },
            ...{ operation: "ISSUE", reason: null, receivedAt: "r", sourceRecordId: "s", sourceUpdatedAt: "u" },
            ...{ state: "VALID", submission: "b" },
          },
        },
        payloadDigest(token),
      ),
    ),
  );
  const tree = growTree(0, () => [], logged.map(leafHash));
  const tiles = new Map(tree.tiles.map(({ level, index, nodes }) => [`${level}/${index}`, nodes]));
  const read = (level: number, index: number): readonly Digest[] | undefined => tiles.get(`${level}/${index}`);
  const key = noteKey(originOf(issuerUrl), Buffer.from(log.publicJwk.x, "base64url"));
  const text = formatCheckpoint({ origin: key.name, size: tree.size, root: tree.root });
  const signer = await importSigningKey(log.privateJwk);
  const signature = await signer.sign(Buffer.from(text));
  const checkpoint = formatNote({ text, signatures: [{ name: key.name, id: key.id, signature }] });
  const signers = [licenseKey, status.publicJwk, log.publicJwk];
  const keys = signers.map(({ kid, purpose, iss, nbf }) => ({ kid, purpose, iss, nbf }));
  const bundles = licenses.map(({ token }, index) => {
    const proof = proofOf(inclusionRanges(index, tree.size), read)?.map(base64.encode) ?? [];
    const entry = Buffer.from(logged[index] ?? "").toString();
    const text = formatBundle({
      version: 1,
      license: token,
      statusList,
      log: { index, entry, proof, checkpoint },
      keys,
    });
    // As it comes out of a file.
    return Buffer.from(text).toString("utf8");
  });
  return { bundles, publicKeys: signers };
}
