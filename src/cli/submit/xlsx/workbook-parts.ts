import type { SerialEpoch } from "../../../domain/files/date-forms.ts";
import { UsageError } from "../../usage-error.ts";
import { builtInFormat, type NumberFormat, numberFormatOf } from "./number-format.ts";
import type { Package } from "./package-parts.ts";
import { xlsxWords } from "./xlsx-words.ts";
import { readXml } from "./xml-events.ts";

/** A sheet as the workbook lists it. `part`: undefined when it holds no cells, as one that is a chart. */
export type SheetEntry = Readonly<{ name: string; isHidden: boolean; part: string | undefined }>;

/** What a workbook says of itself. */
export type Workbook = Readonly<{
  sheets: readonly SheetEntry[];
  epoch: SerialEpoch;
  /** The texts that cells name by number. */
  texts: readonly string[];
  /** The format of each cell style, by its number. */
  formats: readonly NumberFormat[];
}>;

/** Reads all of a workbook but its cells. *Trust*: every byte is attacker-chosen. *Throws* UsageError. */
export async function readWorkbookParts(parts: Package): Promise<Workbook> {
  const name = await workbookName(parts);
  const listed: { name: string; state: string; id: string }[] = [];
  let epoch: SerialEpoch = 1900;
  await readXml(parts.read(name), {
    open: (element) => {
      const { date1904 = "", name: title = "", state = "visible", id = "" } = element.attributes;
      if (element.name === "workbookPr" && isTrue(date1904)) epoch = 1904;
      if (element.name === "sheet") listed.push({ name: title, state, id });
    },
  });
  const relations = await relationsOf(parts, name);
  const partOf = (kind: string) => [...relations.values()].find((relation) => relation.kind === kind)?.target;
  const sheets = listed.map(({ name: title, state, id }): SheetEntry => {
    const relation = relations.get(id);
    return {
      name: title,
      isHidden: state !== "visible",
      part: relation?.kind === "worksheet" ? relation.target : undefined,
    };
  });
  return { sheets, epoch, texts: await readTexts(parts, partOf), formats: await readFormats(parts, partOf) };
}

/** The spellings of `true` that XML Schema knows. */
export function isTrue(text: string): boolean {
  return text.trim() === "1" || text.trim() === "true";
}

type PartOf = (kind: string) => string | undefined;
type Relation = Readonly<{ kind: string; target: string }>;

const usualName = "xl/workbook.xml";

async function workbookName(parts: Package): Promise<string> {
  const [relation] = [...(await relationsOf(parts, "")).values()].filter(({ kind }) => kind === "officeDocument");
  const name = relation?.target ?? usualName;
  if (!parts.has(name)) throw new UsageError(xlsxWords.noWorkbook);
  return name;
}

/** What a part refers to, by id; the part "" is the package itself. */
async function relationsOf(parts: Package, part: string): Promise<ReadonlyMap<string, Relation>> {
  const folder = part.slice(0, part.lastIndexOf("/") + 1);
  const name = `${folder}_rels/${part.slice(folder.length)}.rels`;
  const relations = new Map<string, Relation>();
  if (!parts.has(name)) return relations;
  await readXml(parts.read(name), {
    open: ({ name: element, attributes: { Id: id = "", Type: type = "", Target: target = "", TargetMode: mode } }) => {
      if (element !== "Relationship" || mode === "External") return;
      // Strict and transitional workbooks name the kinds differently but for the end.
      const kind = type.slice(type.lastIndexOf("/") + 1);
      relations.set(id, { kind, target: resolved(folder, target) });
    },
  });
  return relations;
}

function resolved(folder: string, target: string): string {
  const path = target.startsWith("/") ? target : `/${folder}${target}`;
  return new URL(path, "file:///").pathname.slice(1);
}

async function readTexts(parts: Package, partOf: PartOf): Promise<readonly string[]> {
  const name = partOf("sharedStrings");
  const texts: string[] = [];
  if (name === undefined || !parts.has(name)) return texts;
  const text = richText();
  await readXml(parts.read(name), {
    open: (element) => {
      if (element.name === "si") text.begin();
      text.open(element.name);
    },
    text: text.add,
    close: (element) => {
      text.close(element);
      if (element === "si") texts.push(text.end());
    },
  });
  return texts;
}

/** Collects the text of a string item: all its runs, without the reading that stands over them (`rPh`). */
export function richText() {
  let [text, isText, phonetic] = ["", false, 0];
  return {
    begin: () => {
      [text, isText, phonetic] = ["", false, 0];
    },
    open: (name: string) => {
      if (name === "rPh") phonetic += 1;
      if (name === "t") isText = phonetic === 0;
    },
    add: (part: string) => {
      if (isText) text += part;
    },
    close: (name: string) => {
      if (name === "rPh") phonetic -= 1;
      if (name === "t") isText = false;
    },
    end: () => withCharacters(text),
  };
}

/** A text with the characters that XML does not have, which are written `_x000D_`. *Source*: ECMA-376 part 1, 22.9.2.19. */
export function withCharacters(text: string): string {
  return text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

async function readFormats(parts: Package, partOf: PartOf): Promise<readonly NumberFormat[]> {
  const name = partOf("styles");
  if (name === undefined || !parts.has(name)) return [];
  const custom = new Map<number, NumberFormat>();
  const ids: number[] = [];
  let isCellStyles = false;
  await readXml(parts.read(name), {
    open: ({ name: element, attributes: { numFmtId = "0", formatCode = "" } }) => {
      if (element === "numFmt") custom.set(Number(numFmtId), numberFormatOf(formatCode));
      if (element === "cellXfs") isCellStyles = true;
      if (element === "xf" && isCellStyles) ids.push(Number(numFmtId));
    },
    close: (element) => {
      if (element === "cellXfs") isCellStyles = false;
    },
  });
  return ids.map((id) => custom.get(id) ?? builtInFormat(id));
}
