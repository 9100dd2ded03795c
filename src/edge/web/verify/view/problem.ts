import { type ForeignKind, foreignKinds, foreignTodo } from "../../../../proof/bundle/foreign-file.ts";
import { byId } from "./element.ts";
import { type Language, words } from "./words.ts";

/** Where the page says what is wrong. `speakAgain`: in the language of now. */
export type ProblemNotice = Readonly<{ tell(text: () => string): void; speakAgain(): void; hide(): void }>;

/** The notice that index.html has for it. */
export function openProblemNotice(): ProblemNotice {
  const notice = byId("problem", HTMLElement);
  let told: (() => string) | undefined;
  return {
    tell: (text) => {
      told = text;
      notice.textContent = text();
      notice.hidden = false;
      notice.scrollIntoView({ block: "nearest" });
    },
    speakAgain: () => {
      if (told) notice.textContent = told();
    },
    hide: () => {
      told = undefined;
      notice.textContent = "";
      notice.hidden = true;
    },
  };
}

/** That a file is no license, what it is, and what to do. */
export function foreignText(kind: ForeignKind, language: Language): string {
  const end = language === "zh" ? "。" : ". ";
  return `${words.notALicense[language]}${foreignKinds[kind][language]}${end}${foreignTodo[language]}`;
}
