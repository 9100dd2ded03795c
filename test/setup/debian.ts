import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { promisify } from "node:util";

const exec = promisify(execFile);

/**
 * Sees to it that a program of the machine is there: where it is not and this is root on Debian, installs it first.
 * *Throws* an Error that names the file and the packages when it can not.
 * @param file whose presence tells, such as /usr/bin/chromium
 * @param packages Debian packages that bring it
 */
export async function installed(file: string, packages: readonly string[]): Promise<void> {
  if (await isThere(file)) return;
  const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, maxBuffer: 64 * 1024 * 1024 };
  // Another test may be installing something just now.
  const patient = ["-o", "DPkg::Lock::Timeout=300"];
  const install = () => exec("apt-get", [...patient, "install", "-y", "--no-install-recommends", ...packages], options);
  await install()
    .catch(async () => {
      await exec("apt-get", [...patient, "update"], options);
      await install();
    })
    .catch(() => undefined);
  if (await isThere(file)) return;
  throw new Error(`There is no ${file}, and it can not be installed: this test needs ${packages.join(" ")}.`);
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
