import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import encodeQR from "qr";
import { importSigningKey, type SigningKey } from "../../src/proof/keyring.ts";
import { signLicense } from "../../src/proof/signing/sign-license.ts";
import { sampleClaims } from "../proof/samples.ts";
import type { ListeningHub } from "../setup/oauth.ts";

/** Claims that differ from the sample's. */
export type Changes = Parameters<typeof sampleClaims>[0];

/** Signs licenses with the hub's own key, as it does. */
export async function licenseSigner({ place, config }: ListeningHub): Promise<(changes?: Changes) => Promise<string>> {
  const key = await findLicenseKey(place.keysDir);
  return (changes = {}) => {
    const claims = sampleClaims({
      issuerUrl: config.publicUrl,
      issuedAt: new Date(),
      validUntil: null,
      status: { uri: `${config.publicUrl}/status-lists/0`, idx: 4711 },
      ...{ type: { code: "11100000MB0143028RX01", name: "食品经营许可证" }, attributes: foodOperation, ...changes },
    });
    return signLicense(claims, key);
  };
}

/** Attributes that fit the license type. */
export const foodOperation = {
  premises: "威海市环翠区新威路 11 号",
  principalBusiness: "餐饮服务经营者",
  operationItems: ["热食类食品制售"],
  legalRepresentative: "王小明",
};

async function findLicenseKey(folder: string): Promise<SigningKey> {
  const files = readdirSync(folder).filter((name) => name.endsWith(".private.jwk.json"));
  const keys = files.map((name): { purpose?: string } => JSON.parse(readFileSync(join(folder, name), "utf8")));
  const key = keys.find(({ purpose }) => purpose === "license");
  if (!key) throw new Error("The hub has no license key.");
  return importSigningKey(key);
}

/** A picture of a QR code. */
export function qrPicture(text: string): { name: string; mimeType: string; buffer: Buffer } {
  const buffer = Buffer.from(encodeQR(text, "gif", { ecc: "low", scale: 4, border: 4 }));
  return { name: "license.gif", mimeType: "image/gif", buffer };
}

/** A film of a QR code, for Chromium's camera that is none. *Source*: YUV4MPEG2, as Chromium reads it. */
export async function qrFilm(text: string): Promise<string> {
  const modules = encodeQR(text, "raw", { ecc: "low", border: 4 });
  const scale = 6;
  const side = modules.length * scale + ((modules.length * scale) % 2);
  const light = Buffer.alloc(side * side, 235);
  for (let y = 0; y < modules.length * scale; y++) {
    for (let x = 0; x < modules.length * scale; x++) {
      if (modules[Math.floor(y / scale)]?.[Math.floor(x / scale)]) light[y * side + x] = 16;
    }
  }
  const head = Buffer.from(`YUV4MPEG2 W${side} H${side} F5:1 Ip A1:1 C420jpeg\n`);
  const frame = Buffer.concat([Buffer.from("FRAME\n"), light, Buffer.alloc((side * side) / 2, 128)]);
  const file = join(await mkdtemp(join(tmpdir(), "zhengzhao-film-")), "camera.y4m");
  await writeFile(file, Buffer.concat([head, frame, frame]));
  return file;
}

/** A license whose holder somebody has changed, under the old signature. */
export function forged(token: string): string {
  const [header, payload = "", signature] = token.split(".");
  const text = Buffer.from(payload, "base64url").toString("utf8").replace("荣成市", "威海市");
  return [header, Buffer.from(text).toString("base64url"), signature].join(".");
}

/** Drops a file on the page, as a hand does, or the same one several times at once. */
export async function drop(
  page: Page,
  content: string | number[],
  { name = "license.jws", type = "", times = 1 } = {},
): Promise<void> {
  const data = await page.evaluateHandle(
    ({ content, name, type, times }) => {
      const transfer = new DataTransfer();
      const file = new File([typeof content === "string" ? content : new Uint8Array(content)], name, { type });
      for (let added = 0; added < times; added++) transfer.items.add(file);
      return transfer;
    },
    { content, name, type, times },
  );
  await page.dispatchEvent("main", "dragover", { dataTransfer: data });
  await page.dispatchEvent("main", "drop", { dataTransfer: data });
}

/** Pastes into the field, as a clipboard does. */
export async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate((text) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
    document.querySelector("textarea")?.dispatchEvent(event);
  }, text);
}

/** Everything a context asks any server for. */
export function watchRequests(context: BrowserContext): { method: string; url: string; body: string | null }[] {
  const seen: { method: string; url: string; body: string | null }[] = [];
  context.on("request", (request) =>
    seen.push({ method: request.method(), url: request.url(), body: request.postData() }),
  );
  return seen;
}

/** Texts on the page that stand out too little from what is behind them: WCAG 2.2 §1.4.3. */
export async function faintTexts(page: Page, least = 4.5): Promise<string[]> {
  return page.evaluate((least) => {
    const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (color: readonly number[]) => {
      const [r = 0, g = 0, b = 0] = color.map((channel) => {
        const share = channel / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const groundOf = (element: Element | null): readonly number[] => {
      if (!element) return [255, 255, 255];
      const color = channels(getComputedStyle(element).backgroundColor);
      return color.length === 3 || color[3] === 1 ? color.slice(0, 3) : groundOf(element.parentElement);
    };
    const faint: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      const text = node.textContent?.trim() ?? "";
      if (!element || text === "" || !element.checkVisibility()) continue;
      const [one, other] = [
        luminance(channels(getComputedStyle(element).color).slice(0, 3)),
        luminance(groundOf(element)),
      ];
      const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      if (ratio < least) faint.push(`${ratio.toFixed(2)} ${text.slice(0, 40)}`);
    }
    return faint;
  }, least);
}

/** How far the page reaches beyond its window to the side. *Units*: pixels. */
export async function overhang(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
