import { closeRun } from "./global-setup.ts";

/** Ends what global-setup began. If the run is killed before this, the server's guard ends that. */
export default async function globalTeardown(): Promise<void> {
  await closeRun();
}
