import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openSealing } from "../../../src/store/keys/sealing.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zhengzhao-sealing-"));
});
afterAll(() => rm(folder, { recursive: true }));

const open = (mayMake = true) => openSealing({ folder, random: randomBytes }, mayMake);

test("what is sealed opens for its owner, with this key folder, unchanged, and for nobody else", async () => {
  const key = await open();
  const sealed = key.seal("a", "whsec_x");
  expect(key.seal("a", "whsec_x")).not.toBe(sealed);
  expect((await open()).unseal("a", sealed)).toBe("whsec_x");
  expect(key.unseal("b", sealed)).toBeUndefined();
  for (let place = 0; place < sealed.length - 1; place++) {
    const changed = sealed.slice(0, place) + (sealed[place] === "A" ? "B" : "A") + sealed.slice(place + 1);
    expect(key.unseal("a", changed)).not.toBe("whsec_x");
  }
  for (const broken of ["", "s1", "s1..", sealed.slice(0, -4)]) expect(key.unseal("a", broken)).toBeUndefined();
  const other = await mkdtemp(join(tmpdir(), "zhengzhao-sealing-"));
  const elsewhere = await openSealing({ folder: other, random: randomBytes }, true);
  expect(elsewhere.unseal("a", sealed)).toBeUndefined();
  await rm(other, { recursive: true });
});

test("a command makes no key of its own, and a key that others could read or that is damaged is refused", async () => {
  const file = join(folder, "sealing.key");
  await open();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const text = await readFile(file, "utf8");
  await chmod(file, 0o644);
  await expect(open()).rejects.toThrow("chmod 600");
  await chmod(file, 0o600);
  await writeFile(file, "short");
  await expect(open()).rejects.toThrow("damaged");
  await rm(file);
  await expect(open(false)).rejects.toThrow("KEYS_DIR");
  await writeFile(file, text, { mode: 0o600 });
});
