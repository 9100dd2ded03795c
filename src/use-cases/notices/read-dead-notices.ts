import type { Caller } from "../../domain/access/caller.ts";
import type { Page } from "../../store/catalogue/catalogue-store.ts";
import type { NoticeStore, StoredNotice } from "../../store/notices/notice-store.ts";

/** What this needs. `read` sees every notice. */
export type Tools = Readonly<{
  permit: (caller: Caller) => Promise<string>;
  read: <T>(run: (notices: NoticeStore) => Promise<T>) => Promise<T>;
}>;

/** A notice that was given up as an operator sees it: nothing of the license or the case. */
export type DeadNotice = Pick<
  StoredNotice,
  "messageId" | "position" | "clientId" | "knownAt" | "attempts" | "outcome" | "httpStatus" | "triedAt" | "endedAt"
>;

/** Notices that were given up, the newest first. *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING. */
export async function readDeadNotices(
  tools: Tools,
  caller: Caller,
  query: Readonly<{ client: string | undefined; first: number; after: number | undefined }>,
): Promise<Page<DeadNotice>> {
  await tools.permit(caller);
  const page = await tools.read((notices) => notices.listDead(query.client, query.first, query.after));
  const rows = page.rows.map(({ messageId, position, clientId, knownAt, attempts, ...last }) => {
    const { outcome, httpStatus, triedAt, endedAt } = last;
    return { messageId, position, clientId, knownAt, attempts, outcome, httpStatus, triedAt, endedAt };
  });
  return { rows, hasNextPage: page.hasNextPage };
}
