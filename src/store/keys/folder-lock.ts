import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../../errors.ts";

/**
 * Takes a folder for this process: an embedded database must never be opened twice. A lock whose process is gone is
 * taken over, also when another program has its number by now. *Throws* an Error when another living process holds it,
 * or the folder cannot be written.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, "hub.lock");
  const own = `${process.pid} ${await birthOf(process.pid)}`;
  for (let attempt = 1; ; attempt++) {
    try {
      await writeFile(file, own, { flag: "wx" });
      return () => rm(file, { force: true });
    } catch (error) {
      if (codeOf(error) !== "EEXIST" || attempt === 5) throw error;
      const found = await readLock(file);
      if (found === undefined) continue;
      if (await isHeld(found))
        throw new Error(
          `another hub (process ${Number.parseInt(found, 10)}) is running on it: stop it, ask it over its API, or let both use one PostgreSQL (DATABASE_URL)`,
        );
      await removeStale(file, found);
    }
  }
}

/** How long a lock may stay empty between being made and being filled. *Units*: milliseconds. */
const fillingMs = 5_000;

/** What a lock says; undefined when it has gone. *Throws* when another process is just making it. */
async function readLock(file: string): Promise<string | undefined> {
  try {
    const found = await readFile(file, "utf8");
    const ageMs = performance.timeOrigin + performance.now() - (await stat(file)).mtimeMs;
    if (found === "" && ageMs < fillingMs) throw new Error("another hub is just starting on it");
    return found;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function isHeld(lock: string): Promise<boolean> {
  const [pid = "", birth = ""] = lock.split(" ");
  const holder = Number(pid);
  if (!Number.isInteger(holder) || holder <= 0 || !isAlive(holder)) return false;
  return birth === "" ? holder !== process.pid : birth === (await birthOf(holder));
}

/** Of two processes that find the same stale lock, the slower one must not remove the lock the faster one has made. */
async function removeStale(file: string, stale: string): Promise<void> {
  const aside = `${file}.${process.pid}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  if ((await readFile(aside, "utf8")) === stale) await rm(aside, { force: true });
  else await rename(aside, file);
}

/** When a process began, in this boot of the machine; empty where the system does not tell. *Source*: proc(5). */
async function birthOf(pid: number): Promise<string> {
  try {
    const [boot, status] = await Promise.all([
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
      readFile(`/proc/${pid}/stat`, "utf8"),
    ]);
    const startTime = status.slice(status.lastIndexOf(")") + 2).split(" ")[19];
    return startTime ? `${boot.trim()}/${startTime}` : "";
  } catch {
    return "";
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}
