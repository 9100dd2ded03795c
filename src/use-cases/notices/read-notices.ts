import { type Caller, checkMay } from "../../domain/access/caller.ts";
import type { NoticeStatus } from "../../domain/notices/delivery.ts";
import { HubError } from "../../errors.ts";
import type { Page } from "../../store/catalogue/catalogue-store.ts";
import type { NoticePosition, NoticeStore, StoredNotice } from "../../store/notices/notice-store.ts";

/** What reading notices needs. `read` enters as the client named. */
export type Tools = Readonly<{
  findClient: (id: string) => Promise<{ active: boolean } | undefined>;
  read: <T>(clientId: string, run: (notices: NoticeStore) => Promise<T>) => Promise<T>;
}>;

/** A page of notices; `after`: the last one seen, whatever its status. */
export type NoticeQuery = Readonly<{
  status: NoticeStatus | undefined;
  first: number;
  after: NoticePosition | undefined;
}>;

/**
 * What the caller was told, or should have been, in the order in which it came to be: what it missed while its endpoint was
 * away. *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING.
 */
export async function readNotices(
  tools: Tools,
  caller: Caller,
  { status, first, after }: NoticeQuery,
): Promise<Page<StoredNotice>> {
  checkMay(caller, "FOLLOW_CASES");
  const { clientId } = caller;
  if (!(await tools.findClient(clientId))?.active) throw new HubError("FORBIDDEN");
  return tools.read(clientId, (notices) => notices.list(clientId, status, first, after));
}
