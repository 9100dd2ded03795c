import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "./oauth.ts";
import { unprivilegedUser } from "./postgres.ts";

const exec = promisify(execFile);
const program = "/usr/sbin/pgbouncer";

/** A PgBouncer in front of a PostgreSQL. */
export type PgBouncer = Readonly<{
  /** The address of a database of that server, through the pooler. */
  through: (url: string) => string;
  stop: () => Promise<void>;
}>;

/** Starts a PgBouncer; where there is none and this is root on Debian, installs it first. All its other settings are as they come. */
export async function startPgBouncer(
  serverUrl: string,
  poolMode: "session" | "transaction" | "statement",
): Promise<PgBouncer> {
  await access(program).catch(installPgBouncer);
  const { hostname, port: serverPort, username } = new URL(serverUrl);
  const folder = await mkdtemp(join(tmpdir(), "zhengzhao-pgbouncer-"));
  const port = await freePort();
  const user = await unprivilegedUser();
  const [settingsFile, usersFile] = [join(folder, "pgbouncer.ini"), join(folder, "users.txt")];
  await writeFile(usersFile, `"${username}" ""\n`);
  await writeFile(
    settingsFile,
    `[databases]
* = host=${hostname} port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${usersFile}
pool_mode = ${poolMode}
`,
  );
  await chmod(folder, 0o755);
  if (user) await chown(folder, user.uid, user.gid);
  const child = spawn(program, [settingsFile], { stdio: "ignore", ...user });
  await untilOpen(port, child);
  return {
    through: (url) => Object.assign(new URL(url), { hostname: "127.0.0.1", port: String(port) }).href,
    stop: async () => {
      if (child.exitCode === null) {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilOpen(port: number, child: ChildProcess): Promise<void> {
  for (let round = 0; round < 500 && child.exitCode === null; round += 1) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isOpen) return;
    await pause(20);
  }
  throw new Error("PgBouncer did not start.");
}

async function installPgBouncer(): Promise<void> {
  const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, maxBuffer: 64 * 1024 * 1024 };
  const install = () => exec("apt-get", ["install", "-y", "--no-install-recommends", "pgbouncer"], options);
  try {
    await install().catch(async () => {
      await exec("apt-get", ["update"], options);
      await install();
    });
  } catch {
    throw new Error(`There is no ${program}, and it can not be installed: install PgBouncer for the tests of poolers.`);
  }
}
