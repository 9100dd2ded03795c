import { type Caller, checkMay } from "../../domain/access/caller.ts";
import type { Misses } from "../../domain/access/rate.ts";
import { HubError } from "../../errors.ts";
import type { LicenseStore } from "../../store/licenses/license-store.ts";

/** What reading enterprises needs. */
export type Tools = Readonly<{ misses: Misses; licenses: LicenseStore }>;

/** An enterprise as the public register shows it. */
export type Enterprise = Readonly<{ uscc: string; name: string; region: string | null }>;

/**
 * Enterprises the hub holds something about, by code. Name and region are public register facts; anything out of a
 * license needs a purpose. A holder finds itself only.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, RATE_LIMITED.
 */
export async function readEnterprises(
  tools: Tools,
  caller: Caller,
  codes: readonly string[],
): Promise<ReadonlyMap<string, Enterprise>> {
  checkMay(caller, "READ_ENTERPRISE");
  await tools.misses.check(caller);
  const isHolder = caller.kind === "HOLDER";
  const visible = isHolder ? codes.filter((code) => code === caller.holder.id) : codes;
  const holders = await tools.licenses.findHolders(visible, isHolder ? null : caller.clientId);
  if (!holders) throw new HubError("FORBIDDEN");
  const enterprises = holders.filter((holder) => holder.idType === "USCC");
  await tools.misses.note(caller, new Set(codes).size - enterprises.length);
  return new Map(enterprises.map(({ code, name, region }) => [code, { uscc: code, name, region }]));
}
