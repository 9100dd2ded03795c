import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder that holds package.json, whether this runs from src or from dist. */
export function packageRoot(from: string): string {
  return existsSync(join(from, "package.json")) ? from : packageRoot(dirname(from));
}
