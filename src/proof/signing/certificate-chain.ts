import "reflect-metadata";
import { BasicConstraintsExtension, PemConverter, X509Certificate } from "@peculiar/x509";
import type { PublicJwk } from "../keyring.ts";
import { pointOf } from "./public-jwk.ts";

/** Why certificates can not be published with a key. */
export type ChainFault =
  | "MALFORMED"
  | "TOO_LONG"
  | "OTHER_KEY"
  | "EXPIRED"
  | "NOT_YET_VALID"
  | "TRUST_ANCHOR"
  | "OUT_OF_ORDER"
  | "NO_AUTHORITY";

/** Certificates of a chain at most; HAIP leaves the anchor out, so more than these is a mistake. */
const maxCertificates = 5;

/**
 * Checks a key's certificates: the first one is of this key, each is signed by the next, all are valid now, and none is a
 * trust anchor: whoever verifies has that already, and must not take it from here.
 * Shape: PEM in, `x5c` out: base64 of DER, leaf first. The issuer of the last one is not in it.
 * Source: RFC 7515 §4.1.6; OpenID4VC HAIP 1.0 §6.1.1; RFC 5280 §6.1.3.
 */
export async function openChain(
  pem: string,
  key: PublicJwk,
  now: Date,
): Promise<Readonly<{ x5c: readonly string[] }> | Readonly<{ fault: ChainFault }>> {
  const certificates = parse(pem);
  const [leaf] = certificates;
  if (!leaf) return { fault: "MALFORMED" };
  if (certificates.length > maxCertificates) return { fault: "TOO_LONG" };
  if (!(await isOfKey(leaf, key))) return { fault: "OTHER_KEY" };
  if (certificates.some(({ notAfter }) => notAfter < now)) return { fault: "EXPIRED" };
  if (certificates.some(({ notBefore }) => notBefore > now)) return { fault: "NOT_YET_VALID" };
  for (const certificate of certificates) {
    if (certificate.subject === certificate.issuer) return { fault: "TRUST_ANCHOR" };
  }
  for (const [place, certificate] of certificates.entries()) {
    const signer = certificates[place + 1];
    if (!signer) continue;
    if (certificate.issuer !== signer.subject || !(await isSignedBy(certificate, signer)))
      return { fault: "OUT_OF_ORDER" };
    if (!signer.getExtension(BasicConstraintsExtension)?.ca) return { fault: "NO_AUTHORITY" };
  }
  return { x5c: certificates.map(({ rawData }) => Buffer.from(rawData).toString("base64")) };
}

function parse(pem: string): readonly X509Certificate[] {
  try {
    return PemConverter.decode(pem).map((der) => new X509Certificate(der));
  } catch {
    return [];
  }
}

async function isOfKey(leaf: X509Certificate, key: PublicJwk): Promise<boolean> {
  const point = pointOf(key);
  const algorithm = point.kty === "EC" ? { name: "ECDSA", namedCurve: "P-256" } : { name: "Ed25519" };
  try {
    const own = await crypto.subtle.importKey("jwk", { ...point }, algorithm, true, ["verify"]);
    const spki = Buffer.from(await crypto.subtle.exportKey("spki", own));
    return spki.equals(Buffer.from(leaf.publicKey.rawData));
  } catch {
    return false;
  }
}

async function isSignedBy(certificate: X509Certificate, signer: X509Certificate): Promise<boolean> {
  try {
    return await certificate.verify({ publicKey: signer.publicKey, signatureOnly: true });
  } catch {
    return false;
  }
}
