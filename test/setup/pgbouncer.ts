import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { installed } from "./debian.ts";
import { freePort } from "./oauth.ts";
import { unprivilegedUser } from "./postgres.ts";

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
  await installed(program, ["pgbouncer"]);
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
