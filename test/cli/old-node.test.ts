import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { root } from "./processes.ts";

const run = promisify(execFile);

/** The machine's own Node, when that is an old one; else ours under an old one's number. */
let old: readonly string[];
beforeAll(async () => {
  const { stdout } = await run("/usr/bin/node", ["-p", "process.versions.node"]).catch(() => ({ stdout: "99" }));
  const disguise = join(mkdtempSync(join(tmpdir(), "old-node-")), "disguise.cjs");
  writeFileSync(
    disguise,
    'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.0.0" } });',
  );
  old = Number.parseInt(stdout, 10) < 24 ? ["/usr/bin/node"] : [process.execPath, "--require", disguise];
});

/** What a start on the old Node ends with, and every line it says. */
async function start(args: readonly string[], cwd = root) {
  const [program = "", ...before] = old;
  const ended = await run(program, [...before, ...args], { cwd, env: {} }).catch(
    (error: { code: number; stderr: string; stdout: string }) => error,
  );
  return { code: "code" in ended ? ended.code : 0, lines: `${ended.stdout}${ended.stderr}`.trim().split("\n") };
}

const oneLine = [expect.stringMatching(/^Zhengzhao needs Node 24 or newer .*this is Node \d+\.\d+\.\d+/)];

describe("on an old Node", () => {
  test.each(["main", "gateway", "cli/hub", "cli/verify", "cli/token", "cli/operations", "cli/fsck", "cli/monitor"])(
    "the built %s says so in one line",
    async (program) => {
      expect(await start([join(root, "dist", "src", `${program}.js`)], "/")).toEqual({ code: 1, lines: oneLine });
    },
  );

  test("every command of npm that starts a program says so in one line, before anything is built or run", async () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(
      await readFile(join(root, "package.json"), "utf8"),
    );
    const starts = ["prestart", "pregateway", "test", "token", "operations", "verify", "fsck", "monitor", "hub"];
    for (const name of starts) {
      // As npm runs it where the machine's own Node is the first on the path.
      const [first = ""] = (scripts[name] ?? "").split(" && ");
      const [program, ...args] = first.split(" ");
      expect([name, program]).toEqual([name, "node"]);
      expect([name, await start(args)]).toEqual([name, { code: 1, lines: oneLine }]);
    }
  });
});
