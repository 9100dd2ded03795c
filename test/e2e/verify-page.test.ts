import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { verificationSteps } from "../../src/proof/verification.ts";
import { makeTestKey } from "../proof/samples.ts";
import { openBrowser } from "../setup/browser.ts";
import { type ListeningHub, openListeningHub } from "../setup/oauth.ts";
import {
  drop,
  faintTexts,
  foodOperation,
  forged,
  licenseSigner,
  overhang,
  paste,
  qrFilm,
  qrPicture,
  watchRequests,
} from "./verify-stage.ts";

const desktop = { viewport: { width: 1280, height: 800 }, locale: "zh-CN", reducedMotion: "reduce" } as const;
const english = { ...desktop, locale: "en-US" } as const;
/** A green verdict, and no other one that has the word in it. */
const validVerdict = /^✓\s+(有效 Valid|Valid 有效)/;
const person = { idType: "RESIDENT_ID", id: "371002188011080603", name: "王小明" };

let hub: ListeningHub;
let sign: Awaited<ReturnType<typeof licenseSigner>>;
let license: string;
let browser: Browser;
beforeAll(async () => {
  hub = await openListeningHub({ env: { DEMO: "on" } });
  if ((await hub.server.inject("/verify/")).statusCode !== 200) throw new Error("No page: npm run build makes it.");
  sign = await licenseSigner(hub);
  license = await sign();
  await hub.sql("insert into status_list (id, shuffle_key) values (0, 'any')");
  await hub.hub.publishStatusLists();
  const film = await qrFilm(license);
  browser = await openBrowser([
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    `--use-file-for-fake-video-capture=${film}`,
  ]);
});
afterAll(async () => {
  await browser?.close();
  await hub?.close();
});

/** A picture without anything in it. */
const pixel = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");

/** What went wrong in a page, a breach of its policy included: nothing may. */
const troubles: string[] = [];
afterEach(() => expect(troubles.splice(0)).toEqual([]));

const pages = new Map<object, Promise<Page>>();

/** A page that other tests have used before: it must not matter. */
async function openPage(options: BrowserContextOptions = desktop): Promise<Page> {
  const opened = pages.get(options) ?? openNewPage(options);
  pages.set(options, opened);
  const page = await opened;
  await page.getByRole("button", { name: /^(清空|Clear)$/ }).click();
  return page;
}

async function openNewPage(options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/ERR_INTERNET_DISCONNECTED|503/.test(message.text()))
      troubles.push(message.text());
  });
  await page.goto(`${hub.url}/verify/`);
  await page.locator("#keys .facts").waitFor();
  return page;
}

/** Verifies a text as it is pasted, and tells what the page makes of it. */
async function verifyText(page: Page, text: string) {
  await page.getByRole("textbox", { name: /证照文本|text of the license/ }).fill(text);
  await page.locator("#report > *").evaluateAll((old) => {
    for (const element of old) element.remove();
  });
  await page.getByRole("button", { name: /^(核验|Verify)$/ }).click();
  return readReport(page);
}

async function readReport(page: Page) {
  await page.locator(".verdict").waitFor();
  const steps = await page.locator(".step").evaluateAll((items) =>
    items.map((item) => ({
      outcome: item.className.replace("step ", "").toUpperCase(),
      code: item.querySelector("code")?.textContent ?? "",
      text: item.textContent,
    })),
  );
  const named = steps.map((step, index) => [verificationSteps[index]?.name ?? "", step] as const);
  return { verdict: await page.locator(".verdict").innerText(), steps: Object.fromEntries(named), count: steps.length };
}

describe("what is verified", () => {
  test("a license that is pasted, with every step told and the content shown", async () => {
    const page = await openPage();
    const { verdict, steps, count } = await verifyText(page, `\n ${license} \n`);
    expect(verdict).toMatch(/^✓\s+有效 Valid/);
    expect(count).toBe(verificationSteps.length);
    for (const name of ["FORMAT", "SIGNATURE", "ISSUER_TRUST", "KEY_VALIDITY", "TYPE_SCHEMA", "VALIDITY_PERIOD"])
      expect([name, steps[name]?.outcome]).toEqual([name, "PASS"]);
    // The page fetches the list of the hub that serves it; a log proof comes with a bundle alone.
    expect(["STATUS", "LOG_INCLUSION"].map((name) => steps[name]?.outcome)).toEqual(["PASS", "SKIPPED"]);
    const facts = await page.getByRole("region", { name: "证照内容" }).innerText();
    expect(facts).toContain("食品经营许可证");
    expect(facts).toMatch(/2023年2月18日 至 长期/);
    expect(facts).toContain("经营场所");
  });

  test("a file that is dropped; a changed one is invalid, says why, and none of its content is shown", async () => {
    const page = await openPage();
    await drop(page, forged(license));
    const { verdict, steps } = await readReport(page);
    expect(verdict).toMatch(/^✕\s+无效 Invalid/);
    expect(steps["SIGNATURE"]).toMatchObject({ outcome: "FAIL", code: "SIGNATURE_WRONG" });
    expect(steps["SIGNATURE"]?.text).toContain("请勿采信，请直接向枢纽核实该证照");
    expect(await page.getByRole("region", { name: "证照内容" }).count()).toBe(0);
  });

  test("a QR code in a picture; of an address only what stands behind its # is read", async () => {
    const page = await openPage();
    for (const text of [license, `https://elsewhere.example/verify/#${license}`]) {
      await page.getByRole("button", { name: "清空" }).click();
      await page.locator("#file").setInputFiles(qrPicture(text));
      expect((await readReport(page)).verdict).toMatch(validVerdict);
    }
    await page.locator("#file").setInputFiles({ ...qrPicture("x"), buffer: Buffer.from("no picture") });
    await page.getByRole("alert").getByText("无法读取该图片。").waitFor();
    await drop(page, [...pixel], { name: "photo" });
    await page.getByRole("alert").getByText("这是图片，不是电子证照文件").waitFor();
    expect(await page.locator(".verdict").count()).toBe(0);
  });

  test("a QR code before the camera, which is let go of afterwards", async () => {
    const page = await openPage();
    await page.getByRole("button", { name: "扫描二维码" }).click();
    expect((await readReport(page)).verdict).toMatch(validVerdict);
    expect(await page.getByRole("dialog").count()).toBe(0);
    expect(await page.locator("video").evaluate((video: HTMLVideoElement) => video.srcObject)).toBeNull();
  });

  test("an address with the license behind its #, at once, and the address keeps nothing of it", async () => {
    const page = await openPage();
    await page.goto(`${hub.url}/verify/#${license}`);
    expect((await readReport(page)).verdict).toMatch(validVerdict);
    expect(page.url()).toBe(`${hub.url}/verify/`);
  });

  test("the time asked about, in Beijing time; attributes against their type, by the validators made when built", async () => {
    const page = await openPage();
    await page.getByLabel("核验时间（北京时间）").fill("2023-02-17T23:59");
    const early = await verifyText(page, license);
    expect([early.verdict.includes("无效"), early.steps["VALIDITY_PERIOD"]?.code]).toEqual([true, "NOT_YET_VALID"]);
    expect(await page.getByText("签名与以下内容相符，但证照未通过核验").count()).toBe(1);
    await page.getByLabel("核验时间（北京时间）").fill("");
    const odd = await verifyText(page, await sign({ attributes: { ...foodOperation, operationItems: [] } }));
    expect(odd.steps["TYPE_SCHEMA"]).toMatchObject({ outcome: "FAIL", code: "ATTRIBUTES_INVALID" });
  });
});

describe("the state of a license", () => {
  const unchecked = /^\?\s+签名有效，状态未核查 Signature valid, state not checked/;

  test("that has been revoked since it was signed is seen in the hub's list of now: it is invalid", async () => {
    const page = await openPage();
    const idx = 815;
    const revoked = await sign({ status: { uri: `${hub.config.publicUrl}/status-lists/0`, idx } });
    expect((await verifyText(page, revoked)).verdict).toMatch(/^✓\s+有效 Valid/);
    await hub.sql("insert into status_change (status_list, status_index, state) values (0, $1, 'REVOKED')", [idx]);
    await hub.hub.publishStatusLists();
    const { verdict, steps } = await verifyText(page, revoked);
    expect(verdict).toMatch(/^✕\s+无效 Invalid/);
    expect(steps["STATUS"]?.code).toBe("STATUS_INVALID");
  });

  test("that nobody could tell is no green verdict: signature valid, state not checked", async () => {
    const page = await openPage();
    const elsewhere = await sign({ status: { uri: "https://elsewhere.example/status-lists/0", idx: 1 } });
    const { verdict, steps } = await verifyText(page, elsewhere);
    expect(verdict).toMatch(unchecked);
    expect(steps["STATUS"]).toMatchObject({ outcome: "SKIPPED", code: "NOT_CHECKED" });
    expect(await page.locator(".verdict.undecided").count()).toBe(1);
    expect(await page.getByRole("status").innerText()).toContain("签名有效，状态未核查");
    // What was signed is shown all the same, without the warning that stands above a license that failed.
    expect(await page.getByRole("region", { name: "证照内容" }).innerText()).toContain("食品经营许可证");
  });

  test("stays untold when what comes is no list to rely on: a hotel's page, or a list somebody else signed", async () => {
    const page = await openNewPage(desktop);
    for (const body of ["<html>Welcome to our hotel</html>", await sign()]) {
      await page.route("**/status-lists/*", (route) => route.fulfill({ body }));
      expect((await verifyText(page, license)).verdict).toMatch(unchecked);
      await page.unroute("**/status-lists/*");
    }
    expect((await verifyText(page, license)).verdict).toMatch(/^✓\s+有效 Valid/);
  });
});

describe("files", () => {
  test("the verdict names its file: cut, nothing but text, and without a person's number", async () => {
    const page = await openPage();
    const name = `王小明${person.id}\u202e<img src="x">${"长".repeat(100)}.jws`;
    await drop(page, license, { name });
    const { verdict } = await readReport(page);
    expect(verdict).toMatch(/文件 王小明3710\*{12}03⟨U\+202E⟩<img src="x">长+…长+\.jws/);
    expect(verdict).not.toContain("长".repeat(50));
    expect((await verifyText(page, license)).verdict).not.toContain("长长");
  });

  test("of several nothing is judged, nor of one that is empty, and an older verdict goes", async () => {
    const page = await openPage();
    await drop(page, license);
    await readReport(page);
    await drop(page, license, { times: 2 });
    await page.getByRole("alert").getByText("一次只能核验一个文件").waitFor();
    expect(await page.locator(".verdict").count()).toBe(0);
    for (const type of ["", "image/png"]) {
      await drop(page, license);
      await readReport(page);
      await drop(page, "", { type });
      await page.getByRole("alert").getByText("文件为空").waitFor();
      expect(await page.locator(".verdict").count()).toBe(0);
    }
  });
});

describe("what is no license", () => {
  test("two megabytes of text are refused at once, without being shown", async () => {
    const page = await openPage();
    await paste(page, "a".repeat(2 * 1024 * 1024));
    const { steps } = await readReport(page);
    expect(steps["FORMAT"]?.code).toBe("TOKEN_TOO_LARGE");
    expect(await page.getByRole("textbox", { name: "或粘贴证照文本" }).inputValue()).toBe("");
  });

  test.each<[string, number[], string, string]>([
    ["a PDF", [...Buffer.from("%PDF-1.7\n"), 0, 255, 254, 13, 10, 200], "license.pdf", "PDF 文档"],
    ["a PDF by another name", [...Buffer.from("%PDF-1.4\n")], "license.jws", "PDF 文档"],
    ["an OFD document", [...Buffer.from("PK\u0003\u0004\u0014\0\0\0\0\0OFD.xml")], "license.ofd", "OFD 版式文档"],
    ["a Word document", [...Buffer.from("PK\u0003\u0004\u0014\0[Content_Types].xml")], "a.docx", "办公软件文档"],
    ["an archive", [...Buffer.from("PK\u0003\u0004\u0014\0license.jws")], "a.zip", "压缩包"],
    ["a web page", [...Buffer.from("<!DOCTYPE html><title>证照</title>")], "a.html", "网页"],
  ])(
    "%s is no electronic license file, which is no verdict: it says what it is and what to do",
    async (_, bytes, name, kind) => {
      const page = await openPage();
      await drop(page, license);
      await readReport(page);
      await drop(page, bytes, { name });
      const told = page.getByRole("alert");
      await told.getByText("这不是电子证照文件").waitFor();
      expect(await told.innerText()).toContain(kind);
      expect(await told.innerText()).toContain("请向持证主体或发证机关索取");
      expect(await page.locator(".verdict").count()).toBe(0);
      await page.getByRole("button", { name: "English" }).click();
      await told.getByText("no electronic license file").waitFor();
      await page.getByRole("button", { name: "中文" }).click();
    },
  );

  test("half a bundle is none, and nothing is asked for when there is nothing", async () => {
    const page = await openPage();
    expect((await verifyText(page, '{"version":1}')).verdict).not.toMatch(validVerdict);
    await page.getByRole("textbox", { name: "或粘贴证照文本" }).fill(" ");
    await page.getByRole("button", { name: "核验", exact: true }).click();
    await page.getByRole("alert").getByText("请先选择文件").waitFor();
  });

  test("markup and signs that turn or hide text are shown as they stand, and do nothing", async () => {
    const page = await openPage();
    const markup = `<img src="x" onerror="globalThis.hacked = true"><script>globalThis.hacked = true</script>`;
    const name = `威海\u202e限公司\u2066\u200b${markup}`;
    const attributes = { ...foodOperation, premises: markup };
    const token = await sign({ holder: { idType: "USCC", id: "92371082XXXX50091D", name }, attributes });
    expect((await verifyText(page, token)).verdict).toMatch(validVerdict);
    const content = page.getByRole("region", { name: "证照内容" });
    expect(await content.innerText()).toContain(`威海⟨U+202E⟩限公司⟨U+2066⟩⟨U+200B⟩${markup}`);
    await page.getByText("技术信息").click();
    expect(await page.locator("main").innerText()).not.toMatch(/[\u200b\u202a-\u202e\u2066-\u2069]/);
    expect(await page.locator("#report img, #report script").count()).toBe(0);
    expect(await page.evaluate(() => Object.hasOwn(globalThis, "hacked"))).toBe(false);
  });
});

describe("whose keys are trusted", () => {
  test("the hub's, said with issuer, number and time; or a reader's own, which is said too and can be taken back", async () => {
    const page = await openPage();
    const side = page.getByRole("complementary", { name: "信任的公钥" });
    expect(await side.innerText()).toMatch(new RegExp(`本站枢纽公布的公钥.*${hub.config.publicUrl}.*获取时间`, "s"));
    await verifyText(page, license);
    const { publicJwk, privateJwk } = await makeTestKey();
    const keys = (key: object) => ({
      ...{ name: "keys.json", mimeType: "application/json" },
      buffer: Buffer.from(JSON.stringify({ keys: [key] })),
    });
    await page.locator("#keys-file").setInputFiles(keys(privateJwk));
    await page.getByRole("alert").getByText("KEY_SECRET").waitFor();
    await page.locator("#keys-file").setInputFiles({ ...keys({}), buffer: Buffer.from('{"keys":[]}') });
    await page.getByRole("alert").getByText("没有可用于核验证照的公钥").waitFor();
    expect(await side.innerText()).toContain("本站枢纽公布的公钥");
    await page.locator("#keys-file").setInputFiles(keys(publicJwk));
    await side.getByText("您自己提供的公钥文件").waitFor();
    // The verdict that stood there was made with other keys.
    await page.getByRole("heading", { name: "无效 Invalid" }).waitFor();
    expect((await readReport(page)).steps["ISSUER_TRUST"]?.code).toBe("KEY_UNKNOWN");
    await side.getByRole("button", { name: "恢复使用本站公钥" }).click();
    await page.getByRole("heading", { name: "有效 Valid", exact: true }).waitFor();
  });

  test("a hub that cannot be reached and was never: nothing can be told", async () => {
    const page = await (await browser.newContext(desktop)).newPage();
    await page.route("**/jwks.json", (route) => route.fulfill({ status: 503 }));
    await page.goto(`${hub.url}/verify/`);
    const { verdict, steps } = await verifyText(page, license);
    expect(verdict).toMatch(/^\?\s+无法判断 Undecided/);
    expect(steps["SIGNATURE"]?.code ?? steps["ISSUER_TRUST"]?.code).toMatch(/NO_KEYS|NOT_REACHED/);
  });
});

describe("a page that is left open", () => {
  /** A page whose hub publishes what the test says; its clock goes by hand. */
  async function openLeftPage(published: { keys: object[] | undefined }) {
    const page = await (await browser.newContext(desktop)).newPage();
    const asked = { times: 0 };
    await page.clock.install();
    await page.route("**/jwks.json", (route) => {
      asked.times++;
      return published.keys ? route.fulfill({ json: { keys: published.keys } }) : route.fulfill({ status: 503 });
    });
    await page.goto(`${hub.url}/verify/`);
    await page.locator("#keys .facts").waitFor();
    return { page, asked };
  }
  const publishedKeys = async (): Promise<{ purpose: string }[]> =>
    (await hub.server.inject("/.well-known/jwks.json")).json().keys;

  test("judges by the hub's keys of the last 5 minutes; without a network by those at hand, and says how old they are", async () => {
    const keys = await publishedKeys();
    const published: { keys: object[] | undefined } = { keys };
    const { page, asked } = await openLeftPage(published);
    expect((await verifyText(page, license)).verdict).toMatch(validVerdict);
    published.keys = keys.map((key) => (key.purpose === "license" ? { ...key, compromised: 1_750_000_000 } : key));
    await page.clock.fastForward("04:00");
    expect((await verifyText(page, license)).verdict).toMatch(validVerdict);
    expect(asked.times).toBe(1);
    await page.clock.fastForward("01:01");
    const { verdict, steps } = await verifyText(page, license);
    expect(verdict).toContain("无效");
    expect(steps["KEY_VALIDITY"]).toMatchObject({ outcome: "FAIL", code: "KEY_COMPROMISED" });
    expect(steps["KEY_VALIDITY"]?.text).toContain("自 北京时间 2025年6月15日 23:06:40 起");
    await page.getByText("签名与以下内容相符，但证照未通过核验，请勿采信。").waitFor();
    published.keys = undefined;
    await page.clock.fastForward("03:10:00");
    const offline = await verifyText(page, license);
    expect(offline.verdict).toMatch(/无效.*未能更新公钥，所用公钥获取于 北京时间 .*（3小时前）/s);
    expect(offline.steps["KEY_VALIDITY"]?.code).toBe("KEY_COMPROMISED");
  });

  test("asks the hub once for a key it does not know; in the place of a reader's own keys it puts none", async () => {
    const other = (await makeTestKey()).publicJwk;
    const published: { keys: object[] } = { keys: [other] };
    const { page, asked } = await openLeftPage(published);
    expect((await verifyText(page, license)).steps["ISSUER_TRUST"]?.code).toBe("KEY_UNKNOWN");
    expect(asked.times).toBe(2);
    published.keys = await publishedKeys();
    expect((await verifyText(page, license)).verdict).toMatch(validVerdict);
    expect(asked.times).toBe(3);
    const buffer = Buffer.from(JSON.stringify({ keys: [other] }));
    await page.locator("#keys-file").setInputFiles({ name: "own.json", mimeType: "application/json", buffer });
    await page.getByText("您自己提供的公钥文件").waitFor();
    await page.clock.fastForward("06:00");
    expect((await verifyText(page, license)).steps["ISSUER_TRUST"]?.code).toBe("KEY_UNKNOWN");
    expect(await page.locator("#keys").innerText()).toContain("您自己提供的公钥文件");
    expect(asked.times).toBe(3);
  });
});

describe("what is kept private", () => {
  test("nothing of the license is sent anywhere, and once loaded the page works without a network", async () => {
    const page = await openNewPage(desktop);
    const context = page.context();
    await page.evaluate(() => navigator.serviceWorker.ready);
    const requests = watchRequests(context);
    await page.reload();
    await page.locator("#keys .facts").waitFor();
    await verifyText(page, license);
    await page.goto(`${hub.url}/verify/#${license}`);
    await readReport(page);
    const parts = license.split(".");
    expect(requests.length).toBeGreaterThan(3);
    for (const { method, url, body } of requests) {
      expect([method, new URL(url).origin, body]).toEqual(["GET", hub.url, null]);
      expect(new URL(url).pathname).toMatch(
        /^\/(verify\/(assets\/[\w.-]+|service-worker\.js)?|\.well-known\/jwks\.json|status-lists\/0)$/,
      );
      expect(parts.some((part) => url.slice(0, url.indexOf("#") + 1 || undefined).includes(part))).toBe(false);
    }
    await context.setOffline(true);
    await page.reload();
    await page.getByText("离线保存").first().waitFor();
    const { verdict, steps } = await verifyText(page, license);
    expect(verdict).toMatch(/签名有效，状态未核查/);
    expect(steps["SIGNATURE"]?.outcome).toBe("PASS");
    expect((await verifyText(page, forged(license))).verdict).toContain("无效");
  });

  test("a person's number is masked, in the details too, until the reader wants it", async () => {
    const page = await openPage();
    const token = await sign({ holder: person, attributes: { ...foodOperation, premises: `居民 ${person.id}` } });
    await verifyText(page, token);
    await page.getByText("技术信息").click();
    const report = page.locator("#report");
    expect(await report.innerText()).not.toContain(person.id);
    expect(await report.innerText()).toContain("3710************03");
    await page.getByRole("button", { name: "显示完整证件号码" }).click();
    expect(await report.innerText()).toContain(`居民 ${person.id}`);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: hub.url });
    await page.getByRole("button", { name: "复制核验报告" }).click();
    await page.getByRole("status").getByText("核验报告已复制").waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toContain("核验结果：有效");
    expect(copied).not.toContain(person.id);
  });
});

describe("for everybody", () => {
  test("it speaks the browser's language, the other at a click, and remembers that", async () => {
    const page = await openPage(english);
    expect((await verifyText(page, license)).verdict).toMatch(/Valid 有效/);
    expect(await page.locator("body").innerText()).toMatch(/asked about \d{4}/);
    await page.getByRole("button", { name: "中文" }).click();
    expect(await page.title()).toBe("电子证照核验");
    expect((await readReport(page)).verdict).toMatch(/有效 Valid/);
    expect(await page.locator(".steps").innerText()).toContain("查询日期");
    await page.reload();
    await page.getByRole("heading", { name: "电子证照核验", level: 1 }).waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("zh-CN");
    await page.getByRole("button", { name: "English" }).click();
  });

  test("a keyboard is enough, and what has the focus can be seen", async () => {
    const page = await openPage(english);
    const goTo = async (name: string) => {
      for (let steps = 0; steps < 20; steps++) {
        await page.keyboard.press("Tab");
        const focused = await page.evaluate(() => {
          const element = document.activeElement as HTMLElement & { labels?: NodeListOf<HTMLElement> };
          return [element.labels?.[0]?.innerText ?? element.innerText, getComputedStyle(element).outlineStyle];
        });
        if (focused[0] !== name) continue;
        expect(focused[1]).toBe("solid");
        return;
      }
      throw new Error(`Nobody comes to "${name}" by Tab.`);
    };
    await page.evaluate(() => document.querySelector<HTMLElement>(".skip")?.focus());
    await goTo("Choose a file");
    await goTo("Or paste the text of the license");
    await page.keyboard.insertText(license);
    await goTo("Verify");
    await page.keyboard.press("Enter");
    expect((await readReport(page)).verdict).toMatch(validVerdict);
    await goTo("Technical details");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Signed content (JSON)" }).waitFor();
    await goTo("Copy report");
  });

  test("a screen reader finds landmarks, names, states and the verdict as it changes", async () => {
    const page = await openPage(english);
    await verifyText(page, forged(license));
    expect(await page.getByRole("status").innerText()).toMatch(/^Result: Invalid\. .*Signature/);
    const tree = await page.locator("body").ariaSnapshot();
    for (const line of [
      ...["- banner:", "- main:", "- contentinfo:", '- complementary "Trusted keys":'],
      ...['- heading "Electronic License Verification" [level=1]', '- region "License to verify":'],
      ...['- button "Choose a file"', '- button "Scan a QR code"', '- textbox "Or paste the text of the license"'],
      ...['- region "Invalid 无效":', '- region "Step by step":', '- heading "Signature Failed" [level=3]'],
    ])
      expect(tree).toContain(line);
    expect(tree).not.toMatch(/- (button|textbox|link)\s*$/m);
  });

  test("on a desktop and a phone, by day and by night every text is clear; nothing hangs over, at 200 % text size too", async () => {
    const page = await openPage(english);
    const scale = (share: string) =>
      page.evaluate((share) => document.documentElement.style.setProperty("font-size", share), share);
    for (const text of [license, forged(license)]) {
      await verifyText(page, text);
      await page.getByText("Technical details").click();
      for (const viewport of [desktop.viewport, { width: 360, height: 740 }]) {
        await page.setViewportSize(viewport);
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          expect([colorScheme, await faintTexts(page)]).toEqual([colorScheme, []]);
        }
        for (const size of ["200%", "100%"]) {
          await scale(size);
          expect([viewport.width, size, await overhang(page)]).toEqual([viewport.width, size, 0]);
        }
      }
    }
    await page.setViewportSize(desktop.viewport);
  });

  test("on paper stands the report, unfolded, and nothing to press", async () => {
    const page = await openPage();
    await verifyText(page, license);
    await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
    await page.emulateMedia({ media: "print" });
    expect(await page.locator("button:visible, textarea:visible").count()).toBe(0);
    const paper = await page.locator("body").innerText();
    await page.emulateMedia({ media: null });
    for (const text of ["有效", "逐项检查", "签名内容（JSON）", "信任的公钥", "报告时间"])
      expect(paper).toContain(text);
  });
});

test("the page may load nothing from elsewhere, run no text as code and be framed by nobody", async () => {
  const { headers, statusCode } = await hub.server.inject("/verify/");
  const policy = String(headers["content-security-policy"]);
  expect([statusCode, headers["cache-control"], headers["x-frame-options"]]).toEqual([200, "no-cache", "DENY"]);
  for (const rule of ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"])
    expect(policy.split("; ")).toContain(rule);
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  const { headers: moved, statusCode: status } = await hub.server.inject("/verify");
  expect([status, moved["location"]]).toEqual([308, "verify/"]);
});
