import { execFile } from "node:child_process";
import { accessSync, chownSync, constants, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { type Postgres, startPostgres, unprivilegedUser } from "./postgres.ts";

/** A PostgreSQL with a database that lies on a disk of its own, a small one. */
export type SmallDisk = Readonly<{
  postgres: Postgres;
  /** The database `hub` there. */
  url: string;
  /** Fills the disk up to so many KiB. */
  fill: (leftKiB: number) => Promise<void>;
  free: () => Promise<void>;
  stop: () => Promise<void>;
}>;

const megabytes = 64;
const run = promisify(execFile);

/** How this machine can have a small disk, or why not. */
type Way = Readonly<{ kind: "NAMESPACE" } | { kind: "SHARED_MEMORY" } | { kind: "NONE"; reason: string }>;

/** A file system in memory, mounted where only the server sees it; where that is forbidden, a /dev/shm as small as a container's. */
export async function findSmallDisk(): Promise<Way> {
  const folder = await ownFolder(tmpdir());
  try {
    const [program = "", ...args] = mounting(folder, ["true"]);
    await run(program, args, { ...(await unprivilegedUser()) });
    return { kind: "NAMESPACE" };
  } catch (error) {
    if (sharedMemoryMegabytes() <= 4 * megabytes) return { kind: "SHARED_MEMORY" };
    const words = error instanceof Error ? error.message.split("\n").at(-2) : "";
    return { kind: "NONE", reason: `no mount in a user namespace (${words}), and /dev/shm is not small` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts a server, its database `hub` on the small disk. */
export async function startOnSmallDisk(way: Way): Promise<SmallDisk> {
  const isMounted = way.kind === "NAMESPACE";
  const folder = await ownFolder(isMounted ? tmpdir() : "/dev/shm");
  const postgres = await startPostgres({
    settings: { dynamic_shared_memory_type: "mmap" },
    ...(isMounted && { wrap: (call) => mounting(folder, call) }),
  });
  const sql = async (text: string) => {
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    await client.query(text).finally(() => client.end());
  };
  // Only the server sees the disk, so the server is asked.
  const shell = (command: string) => sql(`copy (select 1) to program $$cat > /dev/null; ${command}$$`);
  await sql(`create tablespace small location '${folder}'`);
  await sql("create database hub tablespace small");
  return {
    postgres,
    url: postgres.url.replace(/\/postgres$/, "/hub"),
    fill: (leftKiB) =>
      shell(`kib=$(df -kP ${folder} | tail -n 1 | awk '{print $4}')
        head -c $(( (kib - ${leftKiB}) * 1024 )) /dev/zero > ${folder}/ballast`),
    free: () => shell(`rm ${folder}/ballast`),
    stop: async () => {
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A call in a namespace of its own, in which a small disk lies over the folder. */
function mounting(folder: string, call: readonly string[]): readonly string[] {
  const script = `mount -t tmpfs -o size=${megabytes}m,mode=0700 tmpfs "$0" && exec "$@"`;
  return ["unshare", "--user", "--map-current-user", "--keep-caps", "--mount", "sh", "-c", script, folder, ...call];
}

async function ownFolder(parent: string): Promise<string> {
  const folder = mkdtempSync(join(parent, "zhengzhao-disk-"));
  const user = await unprivilegedUser();
  if (user) chownSync(folder, user.uid, user.gid);
  return folder;
}

function sharedMemoryMegabytes(): number {
  try {
    accessSync("/dev/shm", constants.W_OK);
    const { blocks, bsize } = statfsSync("/dev/shm");
    return (blocks * bsize) / 2 ** 20;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
