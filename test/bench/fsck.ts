import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { formatCheckpoint } from "../../src/proof/log/checkpoint.ts";
import { packEntries } from "../../src/proof/log/entry-bundle.ts";
import { leafHash } from "../../src/proof/log/merkle.ts";
import { formatNote, formatNoteKey, noteKey } from "../../src/proof/log/signed-note.ts";
import { parseTilePath, tilePath, tileWidth, writeNodes } from "../../src/proof/log/tile.ts";
import { treeEdge } from "../../src/proof/log/tree-edge.ts";
import { cell, type Outcome } from "./measure.ts";

/** What grows with the log is twice as much. Below a million, the garbage collector has not yet let go of anything. */
const sizes = [1_000_000, 2_000_000] as const;
const mostGrowth = 1.25;

/** `fsck` over HTTP against logs whose entries are made when they are asked for: how fast, and whether memory stays. */
export async function benchFsck(): Promise<Outcome> {
  const runs = [];
  for (const size of sizes) runs.push({ size, ...(await measure(size)) });
  const [small, large] = runs;
  if (!small || !large) throw new Error("two logs were to be measured");
  return {
    title: "fsck: a public log checked whole over HTTP",
    table: [
      ["entries", "entries a second", "peak memory, MB"],
      ...runs.map(({ size, perSecond, peakMb }) => [size.toLocaleString("en-US"), cell([perSecond]), cell([peakMb])]),
    ],
    figures: [
      { name: "entries a second", values: [large.perSecond], unit: "/s" },
      {
        name: "peak memory, two million entries against one",
        values: [large.peakMb / small.peakMb],
        target: { below: mostGrowth },
      },
    ],
  };
}

/** An entry as long as one of ours. */
function entryAt(index: number): Uint8Array {
  return Buffer.from(`{"digest":"${String(index).padStart(43, "0")}","filling":"${"x".repeat(180)}"}`);
}

async function measure(size: number): Promise<Readonly<{ perSecond: number; peakMb: number }>> {
  const { vkey, files, note } = await makeLog(size);
  const server = createServer((request, response) => {
    const path = (request.url ?? "").slice(1);
    const tile = parseTilePath(path.replace(/^tile\//, ""));
    const first = (tile?.index ?? 0) * tileWidth;
    const body =
      path === "checkpoint"
        ? note
        : tile?.level === "entries"
          ? packEntries(Array.from({ length: tile.width }, (_, at) => entryAt(first + at)))
          : files.get(path);
    response.writeHead(body ? 200 : 404).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  const began = performance.now();
  const peakKb = await runFsck(`http://127.0.0.1:${port}`, vkey);
  const seconds = (performance.now() - began) / 1000;
  server.close();
  server.closeAllConnections();
  return { perSecond: size / seconds, peakMb: peakKb / 1024 };
}

/** The tiles of hashes are kept, 32 bytes an entry; the entries are made anew each time. */
async function makeLog(size: number) {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("no pair");
  const key = noteKey("bench.example/log", new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
  const edge = treeEdge();
  const files = new Map<string, Uint8Array>();
  const keep = ({ level, index, nodes }: ReturnType<typeof edge.tiles>[number]) =>
    files.set(tilePath({ level, index, width: nodes.length }), writeNodes(nodes));
  for (let index = 0; index < size; index += 1) for (const tile of edge.add(leafHash(entryAt(index)))) keep(tile);
  for (const tile of edge.tiles()) keep(tile);
  const text = formatCheckpoint({ origin: key.name, size, root: edge.root() });
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, Buffer.from(text)));
  const note = formatNote({ text, signatures: [{ name: key.name, id: key.id, signature }] });
  return { vkey: formatNoteKey(key), files, note };
}

/** @returns the most memory the process has had, in KB */
async function runFsck(url: string, vkey: string): Promise<number> {
  const program = join(import.meta.dirname, "../../src/cli/fsck.js");
  const report = 'process.on("exit", () => process.stderr.write("\\npeak " + process.resourceUsage().maxRSS + "\\n"))';
  const args = ["--import", `data:text/javascript,${encodeURIComponent(report)}`, program, url, "--vkey", vkey];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let error = "";
  child.stderr.on("data", (chunk) => {
    error += String(chunk);
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  const peak = /peak (\d+)/.exec(error)?.[1];
  if (code !== 0 || peak === undefined) throw new Error(`fsck ended with ${code}: ${error.slice(-500)}`);
  return Number(peak);
}
