import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { decodeJwt } from "jose";
import { Provider } from "oidc-provider";
import type { Browser, Page } from "playwright-core";
import { openBrowser } from "../setup/browser.ts";
import { freePort, type ListeningHub, makePartyKey, makeProof, openListeningHub, postForm } from "../setup/oauth.ts";

const person = "371002188011080603";
const enterprise = "91371002XXXX0030XC";
const secret = randomBytes(24).toString("base64url");

/** Accounts of the city's platform, and what it says of them. */
const accounts: Readonly<Record<string, object>> = {
  wang: { id_number: person, display: "王小明" },
  company: { org: { code: enterprise }, display: "威海威高海产品股份有限公司" },
  visitor: { display: "未实名" },
};

let hub: ListeningHub;
let browser: Browser;
let wallet: Server;
let platform: Server;
let redirectUri: string;
let platformUrl: string;
let loginEnv: Readonly<Record<string, string>>;
let sender: Awaited<ReturnType<typeof makePartyKey>>;
beforeAll(async () => {
  const [port, walletPort] = [await freePort(), await freePort()];
  platformUrl = `http://127.0.0.1:${port}`;
  redirectUri = `http://127.0.0.1:${walletPort}/callback`;
  wallet = createServer((_request, response) => response.end("signed in"));
  await new Promise<void>((resolve) => wallet.listen(walletPort, "127.0.0.1", resolve));
  const secretFile = join(mkdtempSync(join(tmpdir(), "city-login-")), "secret");
  writeFileSync(secretFile, secret);
  loginEnv = {
    DEMO: "off",
    CITY_NAME: "威海市",
    LOGIN_ISSUER: platformUrl,
    LOGIN_CLIENT_ID: "hub",
    LOGIN_CLIENT_SECRET_FILE: secretFile,
    LOGIN_SCOPE: "openid real_name",
    LOGIN_CLAIMS: JSON.stringify({ residentId: "id_number", uscc: "org.code", name: "display" }),
  };
  hub = await openListeningHub({ env: loginEnv });
  await hub.sql("update client set redirect_uris = $1 where id = 'wallet'", [[redirectUri]]);
  await hub.sql(
    `insert into holder (code, id_type, name) values ('${enterprise}', 'USCC', '威海威高海产品股份有限公司'),
      ('${person}', 'RESIDENT_ID', '王小明')`,
  );
  platform = await openPlatform(port);
  sender = await makePartyKey();
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  platform?.close();
  wallet?.close();
  await hub?.close();
});

/** The city's identity platform: another OpenID Provider, whose claims come at its userinfo endpoint. */
async function openPlatform(port: number): Promise<Server> {
  const provider = new Provider(platformUrl, {
    clients: [
      {
        client_id: "hub",
        client_secret: secret,
        redirect_uris: [`${hub.config.publicUrl}/oauth/login/callback`],
      },
    ],
    claims: { openid: ["sub"], real_name: ["id_number", "org", "display"] },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...accounts[id] }) }),
    pkce: { required: () => true },
  });
  const server = createServer(provider.callback());
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}

const verifier = "v".repeat(64);

/** A wallet's pushed request, and the address it sends the browser to. */
async function push(): Promise<string> {
  const { body } = await postForm(
    `${hub.url}/oauth/par`,
    {
      client_id: "wallet",
      response_type: "code",
      redirect_uri: redirectUri,
      scope: "license:read",
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
    },
    { dpop: await makeProof(sender, { htm: "POST", htu: `${hub.config.publicUrl}/oauth/par` }) },
  );
  return `${hub.url}/oauth/authorize?client_id=wallet&request_uri=${encodeURIComponent(String(body["request_uri"]))}`;
}

async function visit(look: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ locale: "zh-CN", viewport: { width: 390, height: 844 } });
  await look(await context.newPage());
  await context.close();
}

/** Signs in on the platform's own pages. */
async function signIn(page: Page, account: string): Promise<void> {
  await page.goto(await push());
  expect(new URL(page.url()).origin).toBe(platformUrl);
  await page.locator('input[name="login"]').fill(account);
  await page.locator('input[name="password"]').fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

/** What the token says that the wallet then gets. */
async function redeem(page: Page) {
  await page.getByRole("button", { name: "同意", exact: true }).click();
  await page.waitForURL((url) => url.href.startsWith(redirectUri));
  const { body } = await postForm(
    `${hub.url}/oauth/token`,
    {
      client_id: "wallet",
      grant_type: "authorization_code",
      code: new URL(page.url()).searchParams.get("code") ?? "",
      redirect_uri: redirectUri,
      code_verifier: verifier,
    },
    { dpop: await makeProof(sender, { htm: "POST", htu: `${hub.config.publicUrl}/oauth/token` }) },
  );
  return decodeJwt(String(body["access_token"]));
}

describe("with the city's own identity platform", () => {
  test("a person signs in there, and the wallet's token is theirs", async () => {
    await visit(async (page) => {
      await signIn(page, "wang");
      expect(await page.locator("header").innerText()).toContain("威海市电子证照枢纽");
      expect(await page.locator("main").innerText()).toContain("王小明 3710************03");
      expect(await redeem(page)).toMatchObject({ holder: { idType: "RESIDENT_ID", id: person } });
    });
  });

  test("an enterprise does", async () => {
    await visit(async (page) => {
      await signIn(page, "company");
      expect(await redeem(page)).toMatchObject({ holder: { idType: "USCC", id: enterprise } });
    });
  });

  test("whoever refuses there is told so, and may sign in again", async () => {
    await visit(async (page) => {
      await page.goto(await push());
      await page.getByRole("link", { name: "Cancel" }).click();
      await page.getByRole("heading", { name: "您未完成身份认证" }).waitFor();
      await page.getByRole("link", { name: "重新登录" }).click();
      await page.locator('input[name="login"]').waitFor();
      expect(new URL(page.url()).origin).toBe(platformUrl);
    });
  });

  test("an account without a real name signs nobody in, and says what to do", async () => {
    await visit(async (page) => {
      await signIn(page, "visitor");
      await page.getByRole("heading", { name: "未取得您的实名信息" }).waitFor();
      await page.getByRole("button", { name: "取消" }).click();
      await page.waitForURL((url) => url.href.startsWith(redirectUri));
      expect(new URL(page.url()).searchParams.get("error")).toBe("access_denied");
    });
  });

  test("an answer counts once, with its state, in the browser that asked", async () => {
    await visit(async (page) => {
      let answer = "";
      page.on("request", (request) => {
        if (request.url().includes("/oauth/login/callback")) answer = request.url();
      });
      await signIn(page, "wang");
      await page.getByRole("button", { name: "同意", exact: true }).waitFor();
      // Replayed, it brings a browser nowhere: what was remembered for it is gone, and the interaction is over.
      const statuses = [];
      for (const url of [answer, answer.replace(/state=[^&]+/, "state=x"), answer.replace(/(state=[^&]{20})./, "$1x")])
        statuses.push((await page.context().request.get(url)).status());
      expect(statuses).toEqual([400, 400, 400]);
      await visit(async (other) => expect((await other.goto(answer))?.status()).toBe(400));
    });
  });

  test("while it is away the page says so, and whose fault it is not", async () => {
    const away = await openListeningHub({ env: { ...loginEnv, LOGIN_ISSUER: "http://127.0.0.1:1" }, beside: hub });
    await visit(async (page) => {
      const address = await push();
      const response = await page.goto(address.replace(hub.url, away.url));
      expect([response?.status(), response?.headers()["retry-after"]]).toEqual([503, "30"]);
      await page.getByRole("heading", { name: "身份认证平台暂时无法访问" }).waitFor();
    });
    await away.close();
  });
});
