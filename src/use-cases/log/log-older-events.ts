import type { LoggedEvent } from "../../store/log/entry-store.ts";
import type { OlderEvent, OlderStore } from "../../store/log/older-store.ts";

/** What logging older events needs. `newSecret`: 128 random bits, base64url. */
export type Tools = Readonly<{
  newSecret: () => string;
  transaction: <T>(run: (older: OlderStore) => Promise<T>) => Promise<T>;
}>;

/** Events that are logged in one transaction. */
const eventsAtOnce = 1_000;

/**
 * Leaves to the public log what came before there was one: a round, which soon finds nothing to do. Such an entry proves
 * that the hub stood by the license from then on, not before.
 * @returns how many were left
 */
export async function logOlderEvents({ newSecret, transaction }: Tools): Promise<number> {
  return transaction(async (older) => {
    const events = await older.findUnlogged(eventsAtOnce);
    if (events.length === 0) return 0;
    // Those that brought licenses come first, as in any batch.
    const ordered = [...events.filter(({ jws }) => jws !== null), ...events.filter(({ jws }) => jws === null)];
    await older.log(newSecret(), ordered, ordered.map(toLogged));
    return events.length;
  });
}

function toLogged({ row, issuer }: OlderEvent): LoggedEvent {
  return { row, issuer };
}
