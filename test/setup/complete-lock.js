// Adds to package-lock.json the optional platform packages that npm left out because the registry at hand does not
// serve them in that version: `npm ci` insists that every optional dependency named is there, for whatever machine.
// Run it after a dependency changed: npm run lock:complete
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const systems = ["android", "darwin", "linux", "win32", "freebsd", "openharmony", "sunos", "aix", "netbsd", "openbsd"];
const processors = ["arm64", "x64", "ia32", "ppc64", "s390x", "riscv64", "loong64", "arm", "wasm32"];

/** Whether a package is found from a place in the tree, as Node looks for it. */
const isLocked = (from, name) => {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    if (lock.packages[`${at ? `${at}/` : ""}node_modules/${name}`]) return true;
    if (!at) return false;
  }
};
const wordIn = (name, words) => words.filter((word) => new RegExp(`(^|[-/])${word}(?![a-z0-9])`).test(name));

let added = 0;
for (const [at, entry] of Object.entries(lock.packages)) {
  if (!at) continue;
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(at, name)) continue;
    const os = wordIn(name, systems);
    const cpu = wordIn(name, processors);
    if (cpu.length !== 1) {
      console.error(`not a platform package: ${name}`);
      continue;
    }
    const libc = /musl/.test(name) ? ["musl"] : /gnu/.test(name) ? ["glibc"] : undefined;
    const facts = { ...(entry.dev && { dev: true }), ...(libc && { libc }), optional: true, ...(os.length && { os }) };
    lock.packages[`node_modules/${name}`] = { version, cpu, ...facts };
    added += 1;
  }
}
const paths = Object.keys(lock.packages).sort((a, b) => a.localeCompare(b, "en"));
lock.packages = Object.fromEntries(paths.map((path) => [path, lock.packages[path]]));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} platform packages added`);
