import { checkResidentId, maskResidentId } from "../../domain/resident-id.ts";
import { checkUscc } from "../../domain/uscc.ts";
import type { Hub } from "../../hub.ts";
import type { LoginChoice, RealNameLogin } from "./real-name-login.ts";

/** How many of each the page offers. */
const shown = 6;

/** A login that believes everybody: pick a person or an enterprise out of the sample data. For demos only. */
export function demoLogin({ senders }: Pick<Hub, "senders">): RealNameLogin {
  return {
    kind: "PAGE",
    ask: async () => {
      const [enterprises, persons] = await Promise.all([
        senders.sampleHolders("USCC", shown),
        senders.sampleHolders("RESIDENT_ID", shown),
      ]);
      return {
        note: {
          en: "This is a demonstration with invented people. Nobody is asked for proof.",
          zh: "演示环境：以下人员和企业均为虚构，无需核验身份。",
        },
        groups: [
          { title: { en: "A person", zh: "个人" }, choices: persons.map(toChoice) },
          { title: { en: "An enterprise", zh: "企业" }, choices: enterprises.map(toChoice) },
        ],
        field: {
          name: "code",
          label: { en: "Or type another code", zh: "或输入其他代码（统一社会信用代码、身份证号码）" },
          pattern: "[0-9A-Z]{18}",
        },
      };
    },
    judge: async (answer) => {
      const id = answer.get("code") || answer.get("holder") || "";
      const idType = checkUscc(id).ok ? "USCC" : checkResidentId(id).ok ? "RESIDENT_ID" : undefined;
      if (!idType) return undefined;
      return { idType, id, name: (await senders.findHolder(id))?.name ?? "" };
    },
  };
}

function toChoice({ code, idType, name }: { code: string; idType: string; name: string }): LoginChoice {
  return { value: code, title: name, detail: idType === "RESIDENT_ID" ? maskResidentId(code) : code };
}
