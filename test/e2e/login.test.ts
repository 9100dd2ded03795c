import { createHash, randomBytes, randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { decodeJwt } from "jose";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { openBrowser } from "../setup/browser.ts";
import {
  askGraphql,
  freePort,
  type ListeningHub,
  makePartyKey,
  makeProof,
  openListeningHub,
  type PartyKey,
  postForm,
} from "../setup/oauth.ts";

const enterprise = "91371002XXXX0030XC";
const person = "371002188011080603";
const phone = { viewport: { width: 390, height: 844 }, locale: "zh-CN" };
const desktop = { viewport: { width: 1280, height: 800 }, locale: "en-US" };

let hub: ListeningHub;
let copy: ListeningHub;
let wallet: Server;
let redirectUri: string;
let browser: Browser;
let sender: PartyKey;
const membership = randomUUID();
beforeAll(async () => {
  hub = await openListeningHub({ env: { DEMO: "on" } });
  copy = await openListeningHub({ env: { DEMO: "on" }, beside: hub });
  const port = await freePort();
  redirectUri = `http://127.0.0.1:${port}/callback`;
  wallet = createServer((_request, response) => response.end("signed in"));
  await new Promise<void>((resolve) => wallet.listen(port, "127.0.0.1", resolve));
  await hub.sql("update client set redirect_uris = $1 where id = 'wallet'", [[redirectUri]]);
  await hub.sql(`insert into holder (code, id_type, name) values
    ('${enterprise}', 'USCC', '威海威高海产品股份有限公司'), ('${person}', 'RESIDENT_ID', '王小明'),
    ('92371082XXXX50091D', 'USCC', '荣成市米山酒店店'), ('91371000XXXX00019H', 'USCC', '威海市海韵便利店有限责任公司') on conflict do nothing`);
  await hub.sql(
    `insert into holder_member (id, holder_code, person_code, person_name, role, valid_from, appointed_by, appointed_at)
     values ($1, '${enterprise}', '${person}', '王小明', 'ADMINISTRATOR', '2020-01-01', 'test', now()),
       ($2, '91371000XXXX00019H', '${person}', '王小明', 'CLERK', '2020-01-01', 'test', now())`,
    [membership, randomUUID()],
  );
  await hub.sql(
    `insert into holder_member (id, holder_code, person_code, person_name, role, valid_from, valid_until, appointed_by, appointed_at)
     values ($1, '92371082XXXX50091D', '${person}', '王小明', 'CLERK', '2020-01-01', '2021-01-01', 'test', now())`,
    [randomUUID()],
  );
  sender = await makePartyKey();
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  wallet.close();
  await copy.close();
  await hub.close();
});

type Start = Readonly<{ verifier: string; state: string; address: string }>;

/** What a wallet does before it opens the browser: pushes its request. */
async function push(form: Readonly<Record<string, string>> = {}, at = hub): Promise<Start> {
  const verifier = randomBytes(32).toString("base64url");
  const state = randomUUID();
  const answer = await postForm(
    `${at.url}/oauth/par`,
    {
      ...{ client_id: "wallet", response_type: "code", redirect_uri: redirectUri, state },
      scope: "license:read audit:read holder:manage",
      ...{ code_challenge: createHash("sha256").update(verifier).digest("base64url"), code_challenge_method: "S256" },
      ...form,
    },
    { dpop: await makeProof(sender, { htm: "POST", htu: `${at.config.publicUrl}/oauth/par` }) },
  );
  expect([answer.status, answer.body["error"]]).toEqual([201, undefined]);
  const query = new URLSearchParams({ client_id: "wallet", request_uri: String(answer.body["request_uri"]) });
  return { verifier, state, address: `${at.url}/oauth/authorize?${query}` };
}

/** What it does when the browser comes back. */
async function redeem(address: string, { verifier, state }: Start) {
  const back = new URL(address);
  expect(back.searchParams.get("error")).toBeNull();
  expect([back.searchParams.get("state"), back.searchParams.get("iss")]).toEqual([state, hub.config.publicUrl]);
  const code = back.searchParams.get("code") ?? "";
  return {
    code,
    answer: await tokens({
      grant_type: "authorization_code",
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    }),
  };
}

async function tokens(form: Readonly<Record<string, string>>, by = sender) {
  const proof = await makeProof(by, { htm: "POST", htu: `${hub.config.publicUrl}/oauth/token` });
  return postForm(`${hub.url}/oauth/token`, { client_id: "wallet", ...form }, { dpop: proof });
}

async function signIn(
  page: Page,
  start: Start,
  who: string,
  language: "zh" | "en",
  actFor?: string,
  /** Whether the permission stands: it is not asked for twice. */
  isAllowed = false,
) {
  const say =
    language === "zh"
      ? { signIn: "登录", on: "继续", allow: "同意" }
      : { signIn: "Sign in", on: "Continue", allow: "Allow" };
  await page.goto(start.address);
  await shoot(page, `login-${language}`);
  await page.locator('input[name="code"]').fill(who);
  await page.getByRole("button", { name: say.signIn, exact: true }).click();
  if (actFor !== undefined) {
    await shoot(page, `acting-${language}`);
    await page.getByText(actFor).click();
    await page.getByRole("button", { name: say.on }).click();
  }
  if (!isAllowed) {
    await shoot(page, `consent-${language}`);
    await page.getByRole("button", { name: say.allow, exact: true }).click();
  }
  await page.waitForURL((url) => url.href.startsWith(redirectUri));
}

/** Only where somebody wants to look: set SCREENSHOTS to a folder. */
async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env["SCREENSHOTS"];
  const width = page.viewportSize()?.width;
  if (folder) await page.screenshot({ path: `${folder}/${name}-${width}.png`, fullPage: true });
}

async function withPage(options: object, use: (page: Page, context: BrowserContext) => Promise<void>): Promise<void> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  try {
    await use(page, context);
  } finally {
    await context.close();
  }
  expect(complaints.filter((text) => /Content Security Policy/.test(text))).toEqual([]);
}

describe("a holder signs in", () => {
  test("on a phone as an administrator of an enterprise: the token says for whom, and works with the wallet's key only", async () => {
    await withPage(phone, async (page) => {
      const start = await push();
      await signIn(page, start, person, "zh", "威海威高海产品股份有限公司");
      const { code, answer } = await redeem(page.url(), start);
      expect([answer.status, answer.body["token_type"]]).toEqual([200, "DPoP"]);
      const token = String(answer.body["access_token"]);
      expect(decodeJwt(token)).toMatchObject({
        ...{ role: "holder", client_id: "wallet", aud: hub.config.tokenAudience, cnf: { jkt: sender.kid } },
        ...{ holder: { idType: "USCC", id: enterprise }, member: membership },
      });
      expect((await askGraphql(hub, token, sender)).status).toBe(200);
      expect((await askGraphql(hub, token, await makePartyKey())).code).toBe("DPOP_PROOF_INVALID");
      await hub.sql("update client set active = false where id = 'wallet'");
      expect((await askGraphql(copy, token, sender)).code).toBe("FORBIDDEN");
      await hub.sql("update client set active = true where id = 'wallet'");

      const used = await tokens({
        grant_type: "authorization_code",
        code,
        redirect_uri: redirectUri,
        code_verifier: start.verifier,
      });
      expect(used.body["error"]).toBe("invalid_grant");
    });
  });

  test("on a desktop for themself, in English; permission is remembered, and refusing it brings no code", async () => {
    await withPage(desktop, async (page) => {
      const start = await push();
      await signIn(page, start, person, "en", "Myself");
      const { answer } = await redeem(page.url(), start);
      const claims = decodeJwt(String(answer.body["access_token"]));
      expect(claims).toMatchObject({ holder: { idType: "RESIDENT_ID", id: person } });
      expect(claims).not.toHaveProperty("member");

      // Who comes next to this browser signs in anew. A request pushed to another copy of the hub is known here, and so is the permission; and of five who bring the
      // code at once, one gets tokens.
      const again = await push({}, copy);
      const pages = { ...again, address: again.address.replace(copy.url, hub.url) };
      await signIn(page, pages, person, "en", "Myself", true);
      const at = page.url();
      const answers = await Promise.all(Array.from({ length: 5 }, () => redeem(at, again)));
      expect(answers.map(({ answer: { status } }) => status).sort()).toEqual([200, 400, 400, 400, 400]);

      const third = await push({ prompt: "consent" });
      await page.goto(third.address);
      await page.locator('input[name="code"]').fill(person);
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.getByText("Myself").click();
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByRole("button", { name: "Refuse" }).click();
      await page.waitForURL((url) => url.href.startsWith(redirectUri));
      expect(new URL(page.url()).searchParams.get("error")).toBe("access_denied");
    });
  });

  test("and the refresh token is new each time, bound to the key, and of no use once the membership has ended", async () => {
    await withPage(phone, async (page) => {
      const start = await push();
      await signIn(page, start, person, "zh", "威海威高海产品股份有限公司");
      const { answer } = await redeem(page.url(), start);
      const first = String(answer.body["refresh_token"]);
      expect(
        (await tokens({ grant_type: "refresh_token", refresh_token: first }, await makePartyKey())).body["error"],
      ).toBe("invalid_grant");
      const second = await tokens({ grant_type: "refresh_token", refresh_token: first });
      expect(second.status).toBe(200);
      const next = String(second.body["refresh_token"]);
      expect(next).not.toBe(first);
      await hub.sql("update holder_member set ended_at = now() where id = $1", [membership]);
      expect((await tokens({ grant_type: "refresh_token", refresh_token: next })).body["error"]).toBe("invalid_grant");
      await hub.sql("update holder_member set ended_at = null where id = $1", [membership]);
      // Using an old one means that somebody has a copy: all of them end.
      expect((await tokens({ grant_type: "refresh_token", refresh_token: first })).body["error"]).toBe("invalid_grant");
      expect((await tokens({ grant_type: "refresh_token", refresh_token: next })).body["error"]).toBe("invalid_grant");
    });
  });

  test("as an enterprise, and takes the permission back by signing out there", async () => {
    await withPage(phone, async (page) => {
      const start = await push();
      await signIn(page, start, enterprise, "zh");
      const { answer } = await redeem(page.url(), start);
      expect(decodeJwt(String(answer.body["access_token"]))).toMatchObject({
        holder: { idType: "USCC", id: enterprise },
      });
      const token = String(answer.body["refresh_token"]);
      expect((await postForm(`${hub.url}/oauth/revoke`, { client_id: "wallet", token })).status).toBe(200);
      expect((await tokens({ grant_type: "refresh_token", refresh_token: token })).body["error"]).toBe("invalid_grant");
      await page.goto((await push()).address);
      await page.locator('input[name="code"]').fill(enterprise);
      await page.getByRole("button", { name: "登录", exact: true }).click();
      await expect(page.getByRole("button", { name: "同意", exact: true }).count()).resolves.toBe(1);
    });
  });

  test("as a clerk: the page says for which licenses, and where the browser goes on to", async () => {
    await hub.sql("update holder_member set license_types = '{11100000MB0143028R001}' where role = 'CLERK'");
    await withPage(phone, async (page) => {
      await page.goto((await push()).address);
      await page.locator('input[name="code"]').fill(person);
      await page.getByRole("button", { name: "登录", exact: true }).click();
      await page.getByText("威海市海韵便利店有限责任公司").click();
      await page.getByRole("button", { name: "继续" }).click();
      const said = await page.locator(".card").first().textContent();
      expect(said).toMatch(/经办人\s*限于证照\s*营业执照\s*完成后前往/);
      expect(said).toContain(new URL(redirectUri).host);
    });
    await hub.sql("update holder_member set license_types = null");
  });

  test("after a wrong code they are asked again, and the page says so aloud", async () => {
    await withPage(phone, async (page) => {
      await page.goto((await push()).address);
      await page.locator('input[name="code"]').fill("371002188011080604");
      await page.getByRole("button", { name: "登录", exact: true }).click();
      await expect(page.getByRole("alert").textContent()).resolves.toContain("没有识别出您的身份");
      await page.getByRole("link", { name: "English" }).click();
      await expect(page.getByRole("button", { name: "Sign in", exact: true }).count()).resolves.toBe(1);
    });
  });
});

describe("a page", () => {
  test("runs no script, is framed by nobody, is kept by nobody, and fits a small phone", async () => {
    await withPage({ viewport: { width: 320, height: 640 }, locale: "en-US" }, async (page) => {
      const response = await page.goto((await push()).address);
      const headers = response?.headers() ?? {};
      expect(headers["content-security-policy"]).toMatch(/default-src 'none';.*frame-ancestors 'none'/);
      expect(headers["content-security-policy"]).not.toContain("unsafe");
      expect([headers["cache-control"], headers["referrer-policy"]]).toEqual(["no-store", "no-referrer"]);
      expect(await page.locator("script").count()).toBe(0);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(320);
      const unnamed = await page.evaluate(
        "[...document.querySelectorAll('input:not([type=hidden]),button')].filter((one) => !(one.labels?.[0] ?? one).textContent.trim()).length",
      );
      expect(unnamed).toBe(0);
    });
  });

  test("takes no form without its token, from another browser, or with another's interaction", async () => {
    await withPage(phone, async (page, context) => {
      await page.goto((await push()).address);
      const address = page.url().split("?")[0] ?? "";
      const token = await page.locator('input[name="token"]').first().getAttribute("value");
      const forged = await context.request.post(`${address}/login`, { form: { code: person, token: "x".repeat(43) } });
      expect(forged.status()).toBe(400);
      expect((await postForm(`${address}/login`, { code: person, token: token ?? "" })).status).toBe(400);
      const elsewhere = `${hub.url}/oauth/interaction/AAAAAAAAAAAAAAAAAAAAA/login`;
      expect((await context.request.post(elsewhere, { form: { code: person, token: token ?? "" } })).status()).toBe(
        400,
      );
    });
  });
});

describe("the authorization endpoint", () => {
  const authorize = async (query: Readonly<Record<string, string>>) => {
    const response = await fetch(`${hub.url}/oauth/authorize?${new URLSearchParams(query)}`, { redirect: "manual" });
    return { status: response.status, text: await response.text() };
  };

  test("takes pushed requests only, each once", async () => {
    const plain = { client_id: "wallet", response_type: "code", redirect_uri: redirectUri, scope: "license:read" };
    const answer = await authorize({ ...plain, code_challenge: "x".repeat(43), code_challenge_method: "S256" });
    expect([answer.status, answer.text]).toEqual([expect.any(Number), expect.not.stringContaining("node_modules")]);
    expect(answer.status === 303 || answer.status === 400).toBe(true);
    expect((await authorize({ client_id: "wallet", request_uri: "urn:ietf:params:oauth:request_uri:x" })).status).toBe(
      400,
    );
  });

  test.each<[string, Readonly<Record<string, string | undefined>>, string]>([
    ["without PKCE", { code_challenge: undefined, code_challenge_method: undefined }, "invalid_request"],
    ["with plain PKCE", { code_challenge_method: "plain" }, "invalid_request"],
    [
      "for an address that is not registered",
      { redirect_uri: "https://evil.example/" },
      "invalid_request|invalid_redirect_uri",
    ],
    [
      "for a longer address than the registered one",
      { redirect_uri: "REGISTERED/more" },
      "invalid_request|invalid_redirect_uri",
    ],
    ["for the implicit flow", { response_type: "token" }, "unsupported_response_type"],
    ["for a scope holders have not", { scope: "license:submit" }, "invalid_scope"],
  ])("takes no request %s", async (_title, form, error) => {
    const answer = await postForm(`${hub.url}/oauth/par`, {
      ...{ client_id: "wallet", response_type: "code", scope: "license:read" },
      ...{ code_challenge: "x".repeat(43), code_challenge_method: "S256" },
      ...form,
      redirect_uri: form["redirect_uri"]?.replace("REGISTERED", redirectUri) ?? redirectUri,
    });
    expect(String(answer.body["error"])).toMatch(new RegExp(`^(${error})$`));
  });
});

test("outside demo mode without a login the page says that there is none", async () => {
  const real = await openListeningHub({ env: { DEMO: "off" } });
  await real.sql("update client set redirect_uris = $1 where id = 'wallet'", [[redirectUri]]);
  await withPage(phone, async (page) => {
    const response = await page.goto((await push({}, real)).address);
    await shoot(page, "none");
    expect(response?.status()).toBe(503);
    await expect(page.getByRole("alert").textContent()).resolves.toContain("尚未接入实名认证");
  });
  await real.close();
});
