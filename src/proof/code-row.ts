import type { LocalizedText } from "../errors.ts";

/** What a code of a verification stands for: how the step ended, what that means, what to do. */
export type CodeRow = Readonly<{ outcome: "FAIL" | "SKIPPED"; text: LocalizedText; todo: LocalizedText }>;

/** What to do about a text that is no license as it is. */
export const askAgain = {
  en: "Ask the holder or the hub for the license again.",
  zh: "请向持证人或枢纽重新获取证照。",
};

/** What to do about a text that somebody made so. */
export const distrust = {
  en: "Do not rely on it; ask the hub for the license itself.",
  zh: "请勿采信，请直接向枢纽核实该证照。",
};
