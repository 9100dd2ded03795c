import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { promisify } from "node:util";
import { type Browser, chromium } from "playwright-core";

const exec = promisify(execFile);
const executablePath = "/usr/bin/chromium";

/**
 * Starts the machine's Chromium; where there is none and this is root on Debian, installs it first.
 * `more`: switches of Chromium besides.
 */
export async function openBrowser(more: readonly string[] = []): Promise<Browser> {
  await access(executablePath).catch(installChromium);
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args: [...args, "--disable-dev-shm-usage", ...more] });
}

async function installChromium(): Promise<void> {
  const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, maxBuffer: 64 * 1024 * 1024 };
  const install = () =>
    exec("apt-get", ["install", "-y", "--no-install-recommends", "chromium", "fonts-noto-cjk"], options);
  try {
    await install().catch(async () => {
      await exec("apt-get", ["update"], options);
      await install();
    });
  } catch {
    throw new Error(
      `There is no ${executablePath}, and it can not be installed: install Chromium for the browser tests.`,
    );
  }
}
