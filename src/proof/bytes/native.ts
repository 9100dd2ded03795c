/**
 * What Node does several times faster than a script or Web Crypto: hashes, base64, ECDSA. Undefined elsewhere, where the portable
 * ways serve.
 *
 * Asked for and not imported: what verifies runs in a browser too, which has no such modules.
 */
export const native = builtIn();

function builtIn() {
  const module = globalThis.process?.getBuiltinModule;
  if (!module) return undefined;
  const { hash, sign, verify, createPrivateKey, KeyObject } = module("node:crypto");
  return { hash, sign, verify, createPrivateKey, KeyObject, buffer: module("node:buffer").Buffer };
}
