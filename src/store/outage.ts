/** Why the hub's database can not do its work: it is away or overrun, or has no space left. */
export type Outage = "BUSY" | "STORAGE_FULL";

/** SQLSTATE of a database error, or undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** SQLSTATE of a disk without space, or a quota that is used up. */
const diskFull = "53100";

/** What the driver itself says of a connection that is gone or late; whole sentences, so that no caller can imitate them. */
const driverComplaints =
  /^(Connection terminated|Connection terminated unexpectedly|Connection terminated due to connection timeout|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error and is not queryable|Client was closed and is not queryable)$/;

const networkCodes = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH)$/;

/**
 * Whether the database could not be reached, stopped, did not answer in time, or could store nothing more; undefined for
 * every other error.
 */
export function outageOf(error: unknown): Outage | undefined {
  const state = sqlState(error);
  if (state === diskFull) return "STORAGE_FULL";
  if (state) return ["08", "53", "57"].includes(state.slice(0, 2)) || state === "55P03" ? "BUSY" : undefined;
  if (typeof error !== "object" || error === null) return undefined;
  // GraphQL wraps what is not an Error of its own realm.
  if ("thrownValue" in error) return outageOf(error.thrownValue);
  if ("code" in error && networkCodes.test(String(error.code))) return "BUSY";
  return "message" in error && driverComplaints.test(String(error.message)) ? "BUSY" : undefined;
}
