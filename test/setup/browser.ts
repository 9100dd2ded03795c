import { type Browser, chromium } from "playwright-core";
import { installed } from "./debian.ts";

const executablePath = "/usr/bin/chromium";

/**
 * Starts the machine's Chromium; where there is none and this is root on Debian, installs it first.
 * `more`: switches of Chromium besides.
 */
export async function openBrowser(more: readonly string[] = []): Promise<Browser> {
  await installed(executablePath, ["chromium", "fonts-noto-cjk"]);
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args: [...args, "--disable-dev-shm-usage", ...more] });
}
