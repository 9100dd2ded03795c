import { maxBundleBytes } from "../../../../proof/bundle/bundle.ts";
import { type ForeignKind, foreignHeadBytes, foreignKindOf } from "../../../../proof/bundle/foreign-file.ts";
import { givenText } from "../../../../proof/bundle/given-text.ts";

/** Most that is read of a file: one byte more than a bundle has, so that the verifier says that it is too large. */
export const maxFileBytes = maxBundleBytes + 1;

/**
 * What is to be verified, of a text somebody pasted, scanned or followed here: white space around it does not count,
 * and of an address only the fragment is read. The address itself is never opened.
 * Trust: attacker-chosen.
 */
export function readInput(text: string): string {
  const trimmed = givenText(text);
  const fragment = /^https?:\/\/[^\s#]*#(\S+)$/i.exec(trimmed)?.[1];
  return fragment === undefined ? trimmed : readFragment(fragment);
}

/** What stands behind the # of an address; a bundle's signs come escaped. */
export function readFragment(fragment: string): string {
  try {
    return givenText(decodeURIComponent(fragment));
  } catch {
    return givenText(fragment);
  }
}

/** The text of a file, as far as any license reaches. Bytes that are no UTF-8 become signs that no license has. */
export async function readText(file: Blob): Promise<string> {
  return new TextDecoder().decode(await file.slice(0, maxFileBytes).arrayBuffer());
}

/** What a file is that is no license; a picture may hold one as a QR code. Undefined: it may be a license. */
export async function kindOf(file: Blob): Promise<ForeignKind | undefined> {
  const head = await file.slice(0, foreignHeadBytes).arrayBuffer();
  return foreignKindOf(new Uint8Array(head)) ?? (/^image\/(?!svg)/.test(file.type) ? "PICTURE" : undefined);
}
