import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { type DoorOptions, type IngestDoor, openIngestDoor } from "../setup/ingest-door.ts";
import { type Ended, openWorkshop } from "./processes.ts";

/** A call of `hub submit` and what it left. */
export type Submitted = Ended & Readonly<{ rows: readonly (readonly string[])[]; door: IngestDoor }>;

/** A clerk's desk: a folder with files, and doors to hand them in at. */
export type SubmitStage = Readonly<{
  /** Writes a file and answers with its path. */
  file: (name: string, content: string | Uint8Array) => string;
  mapping: (json: unknown) => string;
  /** Calls with a token, at a door of its own unless `door` is one. *Order*: the results' rows, the heading first. */
  submit: (path: string, args?: readonly string[], door?: DoorOptions | IngestDoor) => Promise<Submitted>;
  run: (args: readonly string[]) => Promise<Ended>;
  clear: () => Promise<void>;
}>;

/** Sets a desk up; call `clear` in `afterAll`. */
export function openSubmitStage(): SubmitStage {
  const workshop = openWorkshop();
  const doors: IngestDoor[] = [];
  const file = (name: string, content: string | Uint8Array) => {
    const path = join(workshop.folder, name);
    writeFileSync(path, content);
    return path;
  };
  const token = file("token.txt", "aaaa.bbbb.cccc\n");
  let mappings = 0;
  const run = (args: readonly string[]) => workshop.runWarm("src/cli/hub.ts", ["submit", ...args]);
  return {
    ...{ file, run },
    mapping: (json) => {
      mappings += 1;
      return file(`mapping-${mappings}.json`, JSON.stringify(json));
    },
    submit: async (path, args = [], options = {}) => {
      const door = "url" in options ? options : await openIngestDoor(options);
      doors.push(door);
      const ended = await run([path, "--hub", door.url, "--token-file", token, ...args]);
      return { ...ended, door, rows: readResults(`${path}.results.csv`) };
    },
    clear: async () => {
      await Promise.all(doors.map((door) => door.close()));
      await workshop.clear();
    },
  };
}

/** Reads a results file as a spreadsheet does; nothing when there is none. */
export function readResults(path: string): readonly (readonly string[])[] {
  if (!existsSync(path)) return [];
  return parse(readFileSync(path), { bom: true, record_delimiter: "\r\n", max_record_size: 10_000_000 });
}
