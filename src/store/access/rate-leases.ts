import { grantedOf, leaseOf, type RateWindow, windowOf, windowSeconds } from "../../domain/access/rate.ts";
import { runForAll } from "../statement-deadline.ts";
import type { RateStore } from "./rate-store.ts";

/** What a copy of the hub holds of one subject's points in the window. */
type Account = { left: number; isSpent: boolean; leasing: Promise<void> | undefined };

/** Whether the points were there, and the window they were counted in. */
export type RateAnswer = Readonly<{ isTaken: boolean; window: RateWindow }>;

/** Subjects remembered at most; beyond that all are forgotten, and with them what was leased for them. */
const maxAccounts = 20_000;

/**
 * Takes points of the current window. Each copy of the hub leases them in batches, so that most requests cost no round
 * trip, and all copies together never hand out more than the limit.
 */
export function rateLeases(store: RateStore, now: () => Date) {
  let window = windowOf("request", now());
  let accounts = new Map<string, Account>();

  const accountOf = (subject: string): Account => {
    const current = windowOf("request", now());
    if (current.startsAt.getTime() !== window.startsAt.getTime() || accounts.size >= maxAccounts) {
      if (current.startsAt.getTime() !== window.startsAt.getTime()) removeOld(current);
      window = current;
      accounts = new Map();
    }
    const account = accounts.get(subject) ?? { left: 0, isSpent: false, leasing: undefined };
    accounts.set(subject, account);
    return account;
  };

  // The longest window is the one of misses. A removal that fails is tried again in a minute.
  const removeOld = (current: RateWindow) => {
    const before = new Date(current.startsAt.getTime() - 2 * windowSeconds.miss * 1000);
    runForAll(() => store.removeBefore(before)).catch(() => {});
  };

  const lease = async (account: Account, subject: string, points: number, limit: number): Promise<void> => {
    const wanted = leaseOf(points - account.left, limit);
    const taken = await store.add(subject, "request", window.startsAt, wanted, limit);
    const granted = taken === undefined ? 0 : grantedOf(taken, wanted, limit);
    account.left += granted;
    account.isSpent = granted < wanted;
  };

  return async (subject: string, points: number, limit: number): Promise<RateAnswer> => {
    const account = accountOf(subject);
    const answered = window;
    while (account.left < points && !account.isSpent) {
      // One lease at a time for a subject; whoever comes meanwhile waits for it, and none of them may end it.
      account.leasing ??= runForAll(() => lease(account, subject, points, limit)).finally(() => {
        account.leasing = undefined;
      });
      await account.leasing;
    }
    if (account.left < points) return { isTaken: false, window: answered };
    account.left -= points;
    return { isTaken: true, window: answered };
  };
}
