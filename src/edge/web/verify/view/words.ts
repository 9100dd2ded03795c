import type { LocalizedText } from "../../../../errors.ts";

/** In which language the page speaks. */
export type Language = keyof LocalizedText;

/** Everything the page says besides the steps; index.html names these by `data-words`. */
export const words = {
  title: { zh: "电子证照核验", en: "Electronic License Verification" },
  service: { zh: "公众核验服务", en: "Public verification service" },
  skip: { zh: "跳到正文", en: "Skip to content" },
  lead: {
    zh: "核验电子证照是否真实、完整、现行有效。全部检查在您的浏览器中完成，文件不会上传。",
    en: "Check whether an electronic license is genuine, unaltered and in force. Everything happens in your browser; nothing is uploaded.",
  },
  inputTitle: { zh: "待核验的证照", en: "License to verify" },
  dropHint: {
    zh: "将证照文件或二维码图片拖放到页面任意位置，或：",
    en: "Drop a license file or a picture of its QR code anywhere on this page, or:",
  },
  dropNow: { zh: "松开即可核验", en: "Release to verify" },
  chooseFile: { zh: "选择文件", en: "Choose a file" },
  scan: { zh: "扫描二维码", en: "Scan a QR code" },
  textLabel: { zh: "或粘贴证照文本", en: "Or paste the text of the license" },
  textHint: {
    zh: "一行以 eyJ 开头的文本，或以 { 开头的证据包。",
    en: "One line that begins with eyJ, or a bundle that begins with {.",
  },
  atLabel: { zh: "核验时间（北京时间）", en: "Time asked about (Beijing time)" },
  atHint: { zh: "选填，留空为当前时间。", en: "Optional; empty means now." },
  atWrong: {
    zh: "核验时间填写有误，请重新填写或留空。",
    en: "The time asked about is not one. Correct it, or leave it empty.",
  },
  verify: { zh: "核验", en: "Verify" },
  clear: { zh: "清空", en: "Clear" },
  empty: {
    zh: "请先选择文件、扫描二维码或粘贴证照文本。",
    en: "Choose a file, scan a QR code or paste the text of a license first.",
  },
  emptyFile: { zh: "文件为空。", en: "The file is empty." },
  unreadableFile: { zh: "无法读取该文件。", en: "The file cannot be read." },
  notALicense: {
    zh: "这不是电子证照文件，未作核验。文件类型：",
    en: "This is no electronic license file; nothing was verified. It is ",
  },
  oneFile: { zh: "一次只能核验一个文件。", en: "One file at a time." },
  working: { zh: "正在核验……", en: "Verifying…" },
  tooLongToShow: {
    zh: "粘贴的文本过长，未予显示，已直接核验。",
    en: "The pasted text is too long to show; it was verified as it is.",
  },
  failed: {
    zh: "核验未能完成，这不代表证照有效或无效。请刷新页面后重试，或使用命令行工具。",
    en: "The verification could not finish, which says nothing about the license. Reload the page and try again, or use the command.",
  },
  insecure: {
    zh: "本页面须经 HTTPS 打开：浏览器在当前连接下不提供核验所需的密码功能。",
    en: "Open this page over HTTPS: on this connection the browser withholds the cryptography that verifying needs.",
  },
  resultTitle: { zh: "核验结果", en: "Result" },
  VALID: { zh: "有效", en: "Valid" },
  INVALID: { zh: "无效", en: "Invalid" },
  UNDECIDED: { zh: "无法判断", en: "Undecided" },
  STATE_UNCHECKED: { zh: "签名有效，状态未核查", en: "Signature valid, state not checked" },
  stateUncheckedText: {
    zh: "证照内容属实且在有效期内，但签发后是否已被暂扣、撤销、注销或变更尚未核查。请联网后重新核验，或使用证据包。",
    en: "The content is genuine and within its period, but whether it was suspended, revoked or superseded since was not checked. Verify again with a network, or use a bundle.",
  },
  validText: { zh: "本文件可作的检查全部通过。", en: "Every check this file allows has passed." },
  invalidText: { zh: "请勿采信该证照。", en: "Do not rely on this license." },
  undecidedText: { zh: "现有信息不足以作出判断。", en: "There is not enough to tell." },
  notChecked: {
    zh: "文件未附带以下证明，未作检查：",
    en: "Not checked, because the file carries no proof of it: ",
  },
  askedAbout: { zh: "核验时间", en: "Time asked about" },
  fileName: { zh: "文件", en: "File" },
  keysNotRenewed: { zh: "未能更新公钥，所用公钥获取于", en: "The keys could not be renewed; those used were fetched" },
  licenseTitle: { zh: "证照内容", en: "What the license says" },
  licenseWarning: {
    zh: "签名与以下内容相符，但证照未通过核验，请勿采信。",
    en: "The signature fits what stands below, but the license did not pass: do not rely on it.",
  },
  type: { zh: "证照类型", en: "License type" },
  number: { zh: "证照编号", en: "Number" },
  holder: { zh: "持证主体", en: "Holder" },
  holderId: { zh: "主体代码", en: "Holder's code" },
  issuer: { zh: "发证机关", en: "Issued by" },
  issuedOn: { zh: "签发日期", en: "Issued on" },
  validity: { zh: "有效期", en: "Validity" },
  longTerm: { zh: "长期", en: "no end date" },
  until: { zh: " 至 ", en: " to " },
  identifier: { zh: "电子证照标识", en: "License identifier" },
  attributes: { zh: "照面其他信息", en: "Other details" },
  reveal: { zh: "显示完整证件号码", en: "Show full ID numbers" },
  conceal: { zh: "隐藏证件号码", en: "Hide ID numbers" },
  stepsTitle: { zh: "逐项检查", en: "Step by step" },
  todo: { zh: "处理建议：", en: "What to do: " },
  PASS: { zh: "通过", en: "Passed" },
  FAIL: { zh: "未通过", en: "Failed" },
  SKIPPED: { zh: "未检查", en: "Not checked" },
  NOT_APPLICABLE: { zh: "不适用", en: "Not applicable" },
  NOT_REACHED: { zh: "未进行", en: "Not reached" },
  technicalTitle: { zh: "技术信息", en: "Technical details" },
  algorithm: { zh: "签名算法（文件所称）", en: "Algorithm (as the file says)" },
  keyId: { zh: "密钥编号（文件所称）", en: "Key id (as the file says)" },
  keyIssuer: { zh: "签名方（经核验）", en: "Signed by (verified)" },
  fileDigest: { zh: "文本摘要 SHA-256", en: "SHA-256 of the text" },
  claims: { zh: "签名内容（JSON）", en: "Signed content (JSON)" },
  copy: { zh: "复制核验报告", en: "Copy report" },
  copied: { zh: "核验报告已复制。", en: "The report was copied." },
  notCopied: { zh: "浏览器不允许复制，请使用打印。", en: "The browser did not allow copying; print instead." },
  print: { zh: "打印核验报告", en: "Print report" },
  reportAt: { zh: "报告时间", en: "Reported at" },
  keysTitle: { zh: "信任的公钥", en: "Trusted keys" },
  keysLoading: { zh: "正在获取公钥……", en: "Fetching keys…" },
  keysHub: { zh: "本站枢纽公布的公钥", en: "Published by the hub that serves this page" },
  keysKept: {
    zh: "本站枢纽公布的公钥（离线保存，此刻未能更新）",
    en: "Published by the hub that serves this page (kept; could not be renewed just now)",
  },
  keysOwn: { zh: "您自己提供的公钥文件", en: "Your own key set" },
  keysOwnHint: {
    zh: "此刻只信任您提供的公钥，不信任本站。关闭页面后失效。",
    en: "Only the keys you gave are trusted now, not this site's. This ends when you close the page.",
  },
  keysIssuer: { zh: "签发方", en: "Issuer" },
  keysNone: { zh: "无", en: "none" },
  keysCount: { zh: "证照签名公钥", en: "License keys" },
  keysFetched: { zh: "获取时间", en: "Fetched" },
  keysLoaded: { zh: "载入时间", en: "Loaded" },
  keysAgain: { zh: "重新获取", en: "Fetch again" },
  keysChoose: { zh: "改用自己的公钥文件", en: "Use my own key set" },
  keysBack: { zh: "恢复使用本站公钥", en: "Back to this site's keys" },
  NO_HUB_KEYS: {
    zh: "未能获取本站公钥，也没有离线保存的公钥，暂时无法判断证照真伪。",
    en: "The keys of this site could not be fetched and none are kept: no license can be judged.",
  },
  KEYS_REFUSED: { zh: "公钥文件不可用，未予采用：", en: "The key set cannot be used and was not taken: " },
  NO_LICENSE_KEYS: {
    zh: "该文件中没有可用于核验证照的公钥，未予采用。",
    en: "That file holds no key that a license could be verified with; it was not taken.",
  },
  otherTitle: { zh: "不使用本页面核验", en: "Without this page" },
  otherText: {
    zh: "在任何装有 Node 24 的计算机上，用本系统的公开源代码可作完全相同的核验：",
    en: "The published source verifies exactly the same on any computer with Node 24:",
  },
  otherNote: {
    zh: "FILE 为证照文件，JWKS 为从可信渠道取得的公钥文件；--online 获取状态列表，不加则不联网、不核查状态。",
    en: "FILE is the license, JWKS a key set from a source you trust; --online fetches the status list. Without it nothing is asked, and the state is not checked.",
  },
  privacyTitle: { zh: "隐私", en: "Privacy" },
  privacyText: {
    zh: "您提交的证照不离开本机：不上传、不保存、不统计。为核查证照状态，仅从本站获取公开的状态列表（一份列表含上百万个证照），本站无从得知您核验的是哪一个。页面载入后可断网使用，断网时不核查状态。本机仅保存本页面、公钥和所选语言。",
    en: "The license never leaves this device: nothing is uploaded, stored or counted. To learn its state, only the public status list is fetched from this site; a list speaks of up to a million licenses, so the site cannot tell which one you verify. Once loaded, the page works without a network, but the state is then not checked. Only the page, the keys and your language are kept here.",
  },
  footer: {
    zh: "请核对地址栏中的网址。核验结果以发证机关的登记信息为准。",
    en: "Check the address shown by your browser. The issuing authority's register prevails.",
  },
  version: { zh: "版本", en: "Version" },
  cameraTitle: { zh: "扫描二维码", en: "Scan a QR code" },
  cameraHint: {
    zh: "请将二维码置于画面中央，画面只在本机处理。",
    en: "Hold the code in the middle. The picture stays on this device.",
  },
  cancel: { zh: "取消", en: "Cancel" },
  NO_CAMERA: {
    zh: "无法使用摄像头：没有摄像头，或未获允许。可改为选择二维码图片。",
    en: "The camera cannot be used: there is none, or it was not allowed. Choose a picture of the code instead.",
  },
  NO_QR: {
    zh: "这是图片，不是电子证照文件，其中也没有可识别的二维码。请提供清晰的二维码图片，或证照文件。",
    en: "This is a picture, no electronic license file, and no QR code was found in it. Give a sharp picture of the code, or the license file.",
  },
  NOT_A_PICTURE: { zh: "无法读取该图片。", en: "The picture cannot be read." },
  PICTURE_TOO_LARGE: { zh: "图片超过 25 MB，请缩小后重试。", en: "The picture is larger than 25 MB; make it smaller." },
} as const satisfies Record<string, LocalizedText>;

/** A thing the page can say. */
export type Word = keyof typeof words;

/** Whether a name in index.html is one of the words. */
export function isWord(name: string | undefined): name is Word {
  return name !== undefined && Object.hasOwn(words, name);
}

/** A calendar date in words. *Shape*: `YYYY-MM-DD`, as the claims' shape has been checked. */
export function dateText(date: string, language: Language): string {
  const instant = new Date(`${date}T00:00:00Z`);
  return new Intl.DateTimeFormat(locales[language], { dateStyle: "long", timeZone: "UTC" }).format(instant);
}

/** An instant in Beijing time, and that it is. */
export function instantText(instant: Date, language: Language): string {
  const format = new Intl.DateTimeFormat(locales[language], {
    dateStyle: "long",
    timeStyle: "medium",
    hourCycle: "h23",
    timeZone: "Asia/Shanghai",
  });
  return language === "zh" ? `北京时间 ${format.format(instant)}` : `${format.format(instant)} (Beijing time)`;
}

/** A text with the instants in it as `instantText` has them. *Shape*: RFC 3339 in UTC, as reports write them. */
export function withInstants(text: string, language: Language): string {
  return text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (written) => {
    const instant = new Date(written);
    return Number.isNaN(instant.getTime()) ? written : instantText(instant, language);
  });
}

/** How long ago something was, in minutes, hours or days. *Units*: milliseconds. */
export function agoText(age: number, language: Language): string {
  const minutes = Math.floor(age / 60_000);
  const format = new Intl.RelativeTimeFormat(locales[language]);
  if (minutes < 60) return format.format(-minutes, "minute");
  if (minutes < 48 * 60) return format.format(-Math.floor(minutes / 60), "hour");
  return format.format(-Math.floor(minutes / (24 * 60)), "day");
}

const locales = { zh: "zh-CN", en: "en-GB" } as const;
