import type { Language } from "./words.ts";

/** What the reader chose last time, else the first of the browser's languages that the page speaks; else Chinese. */
export function readLanguage(): Language {
  return languageOf(kept(), navigator.languages);
}

/** Keeps the reader's choice. A browser that keeps nothing speaks its own language again next time. */
export function keepLanguage(language: Language): void {
  try {
    localStorage.setItem(name, language);
  } catch {
    // Storage may be forbidden or full.
  }
}

const name = "zhengzhao.language";

function kept(): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function languageOf(chosen: string | null, preferred: readonly string[]): Language {
  if (chosen === "zh" || chosen === "en") return chosen;
  const first = preferred
    .map((tag) => /^(zh|en)\b/i.exec(tag)?.[1]?.toLowerCase())
    .find((found) => found !== undefined);
  return first === "en" ? "en" : "zh";
}
