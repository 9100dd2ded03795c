import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { SHARE_ENV, Worker } from "node:worker_threads";
import { installed } from "./debian.ts";

const exec = promisify(execFile);
const module = "/usr/lib/softhsm/libsofthsm2.so";
const pin = "87654321";

/** A token of SoftHSM in a folder of its own. */
export type SoftToken = Readonly<{ module: string; token: string; pinFile: string; remove: () => Promise<void> }>;

/** Makes an empty token; where there is no SoftHSM and this is root on Debian, installs it first. */
export async function makeSoftToken(): Promise<SoftToken> {
  await installed(module, ["softhsm2"]);
  const folder = await mkdtemp(join(tmpdir(), "zhengzhao-hsm-"));
  const [configuration, tokens, pinFile] = [join(folder, "softhsm2.conf"), join(folder, "tokens"), join(folder, "pin")];
  await mkdir(tokens);
  await writeFile(configuration, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  await writeFile(pinFile, `${pin}\n`, { mode: 0o600 });
  await setEnvironment(configuration);
  const options = ["--init-token", "--free", "--label", "hub", "--so-pin", "12345678", "--pin", pin];
  await exec("softhsm2-util", options, { env: { ...process.env, SOFTHSM2_CONF: configuration } });
  return { module, token: "hub", pinFile, remove: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * The library reads where its tokens are from the environment of the process itself; what a test sees as `process.env` is a
 * copy, and a thread that shares its environment sees the real one.
 */
async function setEnvironment(workerData: string): Promise<void> {
  const script = `process.env.SOFTHSM2_CONF = require("node:worker_threads").workerData`;
  await once(new Worker(script, { eval: true, env: SHARE_ENV, workerData }), "exit");
}
