import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { maxEmblemBytes, readBranding } from "../../src/edge/web/branding.ts";
import { openBrowser } from "../setup/browser.ts";
import { type ListeningHub, openListeningHub } from "../setup/oauth.ts";
import { faintTexts, overhang } from "./verify-stage.ts";

const folder = mkdtempSync(join(tmpdir(), "zhengzhao-pages-"));
const emblem = join(folder, "emblem.svg");
/** What a browser must neither run nor ask for. */
const hostile = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>fetch("/stolen")</script><image href="/stolen"/><circle cx="4" cy="4" r="4" fill="red"/></svg>`;
/** A name that would be an element, an end of an attribute and an end of the page, if it were let. */
const cityName = `威海<b id="bold">'"&</p>`;

let hub: ListeningHub;
let browser: Browser;
beforeAll(async () => {
  writeFileSync(emblem, hostile);
  hub = await openListeningHub({
    env: { DEMO: "on", CITY_NAME: cityName, CITY_NAME_EN: "Weihai <i>", EMBLEM: emblem },
  });
  await hub.hub.tendLog(); // as a start does
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await hub?.close();
});

const phone = { viewport: { width: 360, height: 740 }, locale: "zh-CN", javaScriptEnabled: false } as const;
const desktop = { viewport: { width: 1280, height: 800 }, locale: "en-US", javaScriptEnabled: false } as const;

const troubles: string[] = [];
afterEach(() => expect(troubles.splice(0)).toEqual([]));

async function visit(
  path: string,
  options: BrowserContextOptions,
  look: (page: Page, policy: string) => Promise<void>,
) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
  context.on("request", (request) => request.url().includes("stolen") && troubles.push(request.url()));
  const response = await page.goto(`${hub.url}${path}`);
  await look(page, response?.headers()["content-security-policy"] ?? "");
  await context.close();
}

describe("/", () => {
  test("leads without a script to verifying, catalogue, documents and status, in Chinese first and English at a click", async () => {
    await visit("/", phone, async (page, policy) => {
      expect(policy).toBe(
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
      );
      expect(await page.locator("html").getAttribute("lang")).toBe("zh-CN");
      const links = await page
        .locator("main a")
        .evaluateAll((all) => all.map((one) => (one as HTMLAnchorElement).href));
      const paths = links.map((link) => new URL(link).pathname);
      expect(paths).toEqual(
        expect.arrayContaining([
          "/verify/",
          "/catalogue",
          "/guides",
          "/readyz",
          "/.well-known/jwks.json",
          "/log/checkpoint",
        ]),
      );
      for (const link of links) expect([link, (await page.request.get(link)).status()]).toEqual([link, 200]);
      await page.getByRole("link", { name: "English" }).click();
      expect(await page.locator("html").getAttribute("lang")).toBe("en");
      await page.getByRole("link", { name: "Catalogue" }).click();
      await page.getByRole("row", { name: /营业执照/ }).waitFor();
      await page.getByRole("link", { name: "Back to the start" }).click();
      await page.getByRole("link", { name: "Documents" }).click();
      await page.getByRole("link", { name: "Verifying a license" }).click();
      expect(await page.locator("body").innerText()).toContain("# Verifying a license");
    });
  });

  test("says what it can while the database is away", async () => {
    const { hub: open } = hub;
    const away = { ...open, findTrouble: async () => "BUSY" as const };
    const { default: fastify } = await import("fastify");
    const { homeRoutes } = await import("../../src/edge/web/home.http.ts");
    const { plainBranding } = await import("../../src/edge/web/branding.ts");
    const app = fastify();
    await app.register(homeRoutes({ hub: away, branding: plainBranding, graphiql: false }));
    const { statusCode, body } = await app.inject("/");
    expect([statusCode, body.includes("暂时不可用"), body.includes("GraphiQL")]).toEqual([200, true, false]);
    await app.close();
  });
});

describe("every page", () => {
  const paths = ["/", "/catalogue", "/guides", "/oauth/interaction/none", "/verify/"];

  test.each(paths)("%s says whose hub it is, as text, with its emblem, in the one look", async (path) => {
    for (const [options, name] of [
      [phone, `${cityName}电子证照枢纽`],
      [desktop, "Weihai <i> Electronic License Hub"],
    ] as const) {
      await visit(path, { ...options, javaScriptEnabled: path === "/verify/" }, async (page) => {
        troubles.length = 0; // a sign-in that is over answers 400
        await page.locator("header .site").getByText(name, { exact: true }).waitFor();
        expect(await page.locator("#bold, header i").count()).toBe(0);
        const image = page.locator("header img");
        expect(await image.getAttribute("src")).toBe(
          `data:image/svg+xml;base64,${Buffer.from(hostile).toString("base64")}`,
        );
        expect(await image.evaluate((one: HTMLImageElement) => one.naturalWidth)).toBeGreaterThan(0);
        const band = await page.locator("header").evaluate((header) => getComputedStyle(header).backgroundColor);
        expect(band).toBe("rgb(18, 64, 127)");
      });
    }
  });

  test.each(paths.slice(0, 4))(
    "%s is clear by day and by night, hangs over nowhere at 200 % text size, and can be skipped to",
    async (path) => {
      await visit(path, { ...phone, viewport: { width: 320, height: 640 }, javaScriptEnabled: true }, async (page) => {
        troubles.length = 0;
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          expect([colorScheme, await faintTexts(page)]).toEqual([colorScheme, []]);
        }
        await page.evaluate(() => document.documentElement.style.setProperty("font-size", "200%"));
        expect(await overhang(page)).toBe(0);
        await page.keyboard.press("Tab");
        expect(await page.evaluate(() => document.activeElement?.className)).toBe("skip");
      });
    },
  );
});

describe("an emblem", () => {
  const file = (name: string, content: string | Uint8Array) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };

  test("is an SVG or a PNG, known by its bytes", async () => {
    const png = Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
      "base64",
    );
    expect((await readBranding(undefined, file("a", png))).emblem).toMatch(/^data:image\/png;base64,/);
    const drawn = `<?xml version="1.0"?>\n<!-- drawn -->\n${hostile}`;
    expect((await readBranding(undefined, file("b", drawn))).emblem).toMatch(/^data:image\/svg\+xml;base64,/);
  });

  test.each<[string, () => string, RegExp]>([
    ["that is a page", () => file("c.svg", "<html><svg></svg></html>"), /EMBLEM .* is neither an SVG nor a PNG/],
    [
      "that is too large",
      () => file("d.svg", `${hostile}${" ".repeat(maxEmblemBytes)}`),
      /EMBLEM .* has \d+ bytes; at most 65536/,
    ],
    ["that is not there", () => join(folder, "none"), /EMBLEM .* can not be read: ENOENT/],
  ])("%s stops the start with one line", async (_, path, message) => {
    await expect(readBranding(undefined, path())).rejects.toThrow(message);
  });
});
