import "./needs-node.js"; // first of all
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readConfig } from "../config.ts";
import { scopesOfKind } from "../domain/access/caller.ts";
import { checkResidentId } from "../domain/resident-id.ts";
import { checkUscc } from "../domain/uscc.ts";
import { type AccessTokenInput, mintAccessToken } from "../proof/access/access-token.ts";
import { findTokenKey } from "../store/keys/key-store.ts";

const usage = "Usage: npm run --silent token -- <department key | auditor | operator | gateway | holder CODE>";

/** A working day. */
const ttlSeconds = 8 * 60 * 60;

const packageRoot = join(import.meta.dirname, "../..");

try {
  console.log(await makeToken(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(2);
}

async function makeToken(args: readonly string[]): Promise<string> {
  const identity = await identityOf(args);
  const config = readConfig();
  const key = await findTokenKey(config.keysDir, config.tokenIssuer);
  if (!key) {
    throw new Error(
      `There is no token key in ${config.keysDir} (KEYS_DIR): start the hub once in demo mode (npm start), then try again.`,
    );
  }
  const { tokenAudience: aud } = config;
  return mintAccessToken({ ...identity, aud, jti: randomUUID(), ttlSeconds }, key, new Date());
}

type Identity = Pick<AccessTokenInput, "sub" | "client_id" | "scope" | "role" | "holder">;

async function identityOf([name, code, ...rest]: readonly string[]): Promise<Identity> {
  if (name === undefined || rest.length > 0 || (code !== undefined && name !== "holder")) throw new Error(usage);
  if (name === "auditor" || name === "operator" || name === "gateway") {
    const kind = { auditor: "AUDITOR", operator: "OPERATOR", gateway: "GATEWAY" } as const;
    return { sub: name, client_id: name, role: name, scope: scopesOfKind[kind[name]].join(" ") };
  }
  if (name === "holder") return holderOf(code ?? "");
  const keys = await departmentKeys();
  if (!keys.includes(name))
    throw new Error(`No demo identity has this name. ${usage}. Departments: ${keys.join(", ")}`);
  return { sub: name, client_id: name, role: "department", scope: scopesOfKind.DEPARTMENT.join(" ") };
}

function holderOf(code: string): Identity {
  const idType = checkUscc(code).ok ? "USCC" : checkResidentId(code).ok ? "RESIDENT_ID" : undefined;
  if (!idType)
    throw new Error(`CODE is a unified social credit code or a resident ID whose check character fits. ${usage}`);
  const scope = scopesOfKind.HOLDER.join(" ");
  return { sub: `holder:${code}`, client_id: "wallet", role: "holder", scope, holder: { idType, id: code } };
}

async function departmentKeys(): Promise<readonly string[]> {
  const file = join(packageRoot, "migrations/data/catalogue/departments.json");
  const departments = JSON.parse(await readFile(file, "utf8")) as { key: string }[];
  return departments.map((department) => department.key);
}
