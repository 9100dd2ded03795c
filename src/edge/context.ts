import type { Caller } from "../domain/access/caller.ts";
import type { Hub } from "../hub.ts";
import type { Loaders } from "./loaders.ts";

/** What every resolver gets: who asks, the hub's verbs, and the request's own batching. */
export type Context = Readonly<{ caller: Caller; hub: Hub; loaders: Loaders }>;
