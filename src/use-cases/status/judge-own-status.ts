import { HubError } from "../../errors.ts";
import { judgeListed, type OpenStatusList, type StatusReference } from "../../proof/status/status-list.ts";
import type { Finding } from "../../proof/verification.ts";
import type { ServedStatusList } from "../../store/status/served-lists.ts";

/** What judging needs. `listOf`: the number of a list of this hub; undefined for any other address. */
export type Tools = Readonly<{
  now: () => Date;
  listOf: (uri: string) => number | undefined;
  read: (list: number, at: Date | undefined) => Promise<ServedStatusList>;
  open: OpenStatusList;
}>;

/**
 * Judges the step STATUS of a license by the hub's own list: the newest, or for a past instant the one that held then.
 * Undefined: the license stands on no list of this hub, or no list was signed by then.
 * Trust: the license's claims are verified by now.
 */
export async function judgeOwnStatus(tools: Tools, claims: StatusReference, at: Date): Promise<Finding | undefined> {
  const list = tools.listOf(claims.status.status_list.uri);
  if (list === undefined) return undefined;
  const now = tools.now();
  const isPast = at < now;
  try {
    const { token } = await tools.read(list, isPast ? at : undefined);
    // Nobody knows a state to come: the present one is told.
    return judgeListed(await tools.open(token), claims, isPast ? at : now);
  } catch (error) {
    if (error instanceof HubError && /^STATUS_LIST_/.test(error.code)) return undefined;
    throw error;
  }
}
