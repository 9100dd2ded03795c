import { stopPostgres } from "./global-setup.ts";

/** Ends the server of global-setup. If the run is killed before this, the server's guard does it. */
export default async function globalTeardown(): Promise<void> {
  await stopPostgres();
}
