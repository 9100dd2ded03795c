import { dateOf } from "../../domain/calendar.ts";
import { dayStart, firstRoot, nextChain, recordDigest } from "../../proof/access/access-chain.ts";
import type { LedgerRecord, LedgerStore, SealPosition } from "../../store/access/ledger-store.ts";

/** What sealing needs. `read` enters as the auditor. */
export type Tools = Readonly<{
  now: () => Date;
  read: <T>(run: (ledger: LedgerStore) => Promise<T>) => Promise<T>;
}>;

/** Records sealed in one transaction. */
const batchSize = 500;

/**
 * Hangs new access records onto the hash chain of the day and closes the day before: a round that any number of copies
 * may run as often as they like, one at a time does something. A record belongs to the day on which it is sealed.
 * @returns how many records were sealed
 */
export async function sealAccessRecords(tools: Tools): Promise<number> {
  let sealed = 0;
  for (;;) {
    const done = await tools.read((ledger) => sealBatch(ledger, tools.now()));
    sealed += done;
    if (done < batchSize) return sealed;
  }
}

async function sealBatch(ledger: LedgerStore, now: Date): Promise<number> {
  const today = dateOf(now);
  const start = { transaction: 0, recordId: 0, day: today, place: 0, chain: dayStart(firstRoot, today) };
  const reached = await ledger.lockPosition(start);
  if (!reached) return 0; // another copy is at it
  const position = await openDay(ledger, reached, now);
  const horizon = await ledger.horizon();
  const isFromElsewhere = position.transaction >= horizon.high;
  const from = isFromElsewhere ? { ...position, transaction: 0, recordId: 0 } : position;
  const records = await ledger.findUnsealed(from, batchSize);
  const { seals, last } = chainOf(records, from, horizon);
  if (seals.length > 0 || last !== reached) await ledger.saveSeals(seals, last);
  return records.length;
}

/** The position on today's chain; the day before is closed with its root. A clock that goes back changes no day. */
async function openDay(ledger: LedgerStore, position: SealPosition, now: Date): Promise<SealPosition> {
  const today = dateOf(now);
  if (position.day >= today) return position;
  await ledger.closeDay({ day: position.day, count: position.place, root: position.chain, closedAt: now });
  return { ...position, day: today, place: 0, chain: dayStart(position.chain, today) };
}

/**
 * The seals of a batch and where they end. A database restored on another server holds records of transactions this one
 * has yet to count up to: they are sealed last, and the position stays at what is known to be over here.
 */
function chainOf(records: readonly LedgerRecord[], from: SealPosition, { low, high }: { low: number; high: number }) {
  let last = from;
  const seals = records.map((record) => {
    const digest = recordDigest(record);
    const reached = record.transaction < high ? record : { transaction: low, id: 0 };
    last = {
      ...{ transaction: reached.transaction, recordId: reached.id, day: from.day },
      ...{ place: last.place + 1, chain: nextChain(last.chain, digest) },
    };
    return { day: from.day, place: last.place, record_id: record.id, digest, chain: last.chain };
  });
  return { seals, last };
}
