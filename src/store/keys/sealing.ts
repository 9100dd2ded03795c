import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "../../config.ts";
import { codeOf } from "../../errors.ts";

/** Keeps secrets in the database so that whoever reads only the database learns none of them. */
export type Sealing = Readonly<{
  /** @param owner whose it is: sealed for one owner, it opens for no other */
  seal: (owner: string, secret: string) => string;
  /** Undefined: it was sealed with another key, for another owner, or changed. */
  unseal: (owner: string, sealed: string) => string | undefined;
}>;

/** Where the key lies. `random`: as many bytes as asked for, unpredictable. */
export type SealingPlace = Readonly<{ folder: string; random: (bytes: number) => Uint8Array }>;

const fileName = "sealing.key";

/**
 * Opens the key that secrets in the database are sealed with; a hub makes it at its first start (mode 0600). It belongs to
 * no signing key: those are rotated, and what was sealed must still open.
 * @param mayMake false: a command beside the hub, whose key must not be another one
 * *Throws* ConfigError when it could be read by others, is damaged, or is missing and may not be made.
 */
export async function openSealing({ folder, random }: SealingPlace, mayMake: boolean): Promise<Sealing> {
  const file = join(folder, fileName);
  const found = await readFile(file, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new ConfigError(`the key file ${file} can not be read`);
  });
  if (found === undefined && !mayMake)
    throw new ConfigError(
      `there is no ${fileName} in ${folder}: set KEYS_DIR to the hub's key folder, and start it once`,
    );
  const text = found ?? (await makeKey(file, random));
  const mode = (await stat(file)).mode & 0o777;
  if (process.platform !== "win32" && (mode & 0o077) !== 0)
    throw new ConfigError(
      `the private key ${file} can be read by others (mode ${mode.toString(8)}): run chmod 600 on it`,
    );
  const root = Buffer.from(text.trim(), "base64url");
  if (root.length !== 32)
    throw new ConfigError(`the key file ${file} is damaged (not 32 bytes): restore it from a backup, or move it away`);
  return sealingWith(Buffer.from(hkdfSync("sha256", root, "zhengzhao", "secrets of webhooks", 32)), random);
}

/** AES-256-GCM with a fresh nonce each time. *Shape*: `s1.` nonce `.` ciphertext and tag, base64url. */
function sealingWith(key: Uint8Array, random: SealingPlace["random"]): Sealing {
  return {
    seal: (owner, secret) => {
      const nonce = random(12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(owner));
      const sealed = Buffer.concat([cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return `s1.${Buffer.from(nonce).toString("base64url")}.${sealed.toString("base64url")}`;
    },
    unseal: (owner, text) => {
      const [version, nonce = "", body = ""] = text.split(".");
      const sealed = Buffer.from(body, "base64url");
      if (version !== "s1" || sealed.length < 16) return undefined;
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64url"));
        decipher.setAAD(Buffer.from(owner)).setAuthTag(sealed.subarray(-16));
        return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]).toString();
      } catch {
        return undefined;
      }
    },
  };
}

/** The file appears whole or not at all. */
async function makeKey(file: string, random: SealingPlace["random"]): Promise<string> {
  const text = Buffer.from(random(32)).toString("base64url");
  await writeFile(`${file}.new`, `${text}\n`, { mode: 0o600, flag: "w", flush: true });
  await rename(`${file}.new`, file);
  return text;
}
