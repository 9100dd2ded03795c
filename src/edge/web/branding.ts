import { readFile } from "node:fs/promises";
import { ConfigError } from "../../config.ts";
import { codeOf, type LocalizedText } from "../../errors.ts";

/** How a city's pages call themselves. `emblem`: as a `data:` address, so that pages need no other file for it. */
export type Branding = Readonly<{ cityName: LocalizedText | undefined; emblem: string | undefined }>;

/** Largest emblem: it comes with every page. *Units*: bytes. */
export const maxEmblemBytes = 64 * 1024;

/** The mark of a hub without an emblem: nobody's. */
const neutralMark =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="12" fill="#12407f"/><path d="M32 8 52 15v16c0 12.5-8 20.5-20 25-12-4.5-20-12.5-20-25V15z" fill="#fff"/><path d="m22.5 32 7 7 12.500-14.500" fill="none" stroke="#12407f" stroke-width="5" stroke-linecap="round" stroke-linejoin="round"/></svg>';

/** The pages of a hub that belongs to no city yet. */
export const plainBranding: Branding = { cityName: undefined, emblem: undefined };

/** Name of the whole on top of every page. */
export function hubName({ cityName }: Branding): LocalizedText {
  if (!cityName) return { zh: "电子证照枢纽", en: "Electronic License Hub" };
  return { zh: `${cityName.zh}电子证照枢纽`, en: `${cityName.en} Electronic License Hub` };
}

/** The emblem, or the neutral mark, as an address for an image. */
export function emblemUrl({ emblem }: Branding): string {
  return emblem ?? dataUrl("image/svg+xml", Buffer.from(neutralMark));
}

/**
 * Reads what a city has set. As an image a browser runs no script of an SVG and loads nothing for it.
 * @param file SVG or PNG
 * *Throws* ConfigError, in one line.
 */
export async function readBranding(cityName: LocalizedText | undefined, file: string | undefined): Promise<Branding> {
  if (file === undefined) return { cityName, emblem: undefined };
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new ConfigError(`EMBLEM ${file} can not be read: ${codeOf(error) ?? "unknown"}`);
  });
  if (bytes.length > maxEmblemBytes)
    throw new ConfigError(`EMBLEM ${file} has ${bytes.length} bytes; at most ${maxEmblemBytes}`);
  const type = imageType(bytes);
  if (!type) throw new ConfigError(`EMBLEM ${file} is neither an SVG nor a PNG`);
  return { cityName, emblem: dataUrl(type, bytes) };
}

/** By what is inside, whatever the name. */
function imageType(bytes: Buffer): string | undefined {
  if (bytes.subarray(0, 8).toString("latin1") === "\u0089PNG\r\n\u001a\n") return "image/png";
  const isSvg = /^\uFEFF?\s*(<\?xml[^>]*\?>\s*)?(<!--[\s\S]*?-->\s*)*(<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/i;
  return isSvg.test(bytes.toString("utf8")) ? "image/svg+xml" : undefined;
}

function dataUrl(type: string, bytes: Buffer): string {
  return `data:${type};base64,${bytes.toString("base64")}`;
}
