import type { LocalizedText } from "../../errors.ts";

/** Kinds of files that people take for a license, and that are none. */
export const foreignKinds = {
  PDF: { en: "a PDF document", zh: "PDF 文档" },
  OFD: { en: "an OFD document", zh: "OFD 版式文档" },
  OFFICE: { en: "a document of an office program", zh: "办公软件文档（Word、Excel 等）" },
  PICTURE: { en: "a picture", zh: "图片" },
  ARCHIVE: { en: "an archive of files", zh: "压缩包" },
  WEB_PAGE: { en: "a web page or an XML file", zh: "网页或 XML 文件" },
} as const satisfies Record<string, LocalizedText>;

/** One of them. */
export type ForeignKind = keyof typeof foreignKinds;

/** What whoever brought such a file can do. */
export const foreignTodo: LocalizedText = {
  en: "A license is a text that begins with eyJ, or a bundle that begins with {. Ask its holder or issuer for that file; of a printed or drawn one, read the QR code.",
  zh: "电子证照是以 eyJ 开头的一行文本，或以 { 开头的证据包。请向持证主体或发证机关索取该文件；纸面或版式文件上如有二维码，请扫描二维码。",
};

/** How much of a file its kind is told from. *Units*: bytes. */
export const foreignHeadBytes = 4096;

/**
 * The kind of a file that is no license, by its first bytes; undefined: it may be one. No license and no bundle begins like
 * any of these.
 * Trust: attacker-chosen; the name of a file says nothing and is not asked.
 * Source: ISO 32000-2 §7.5.2 (PDF), GB/T 33190 §7.1 (OFD is a ZIP with OFD.xml in it), APPNOTE.TXT §4.3.7 (ZIP).
 */
export function foreignKindOf(bytes: Uint8Array): ForeignKind | undefined {
  // One character a byte.
  const head = String.fromCharCode(...bytes.subarray(0, foreignHeadBytes));
  if (head.startsWith("PK\u0003\u0004")) {
    if (head.includes("OFD.xml")) return "OFD";
    return /\[Content_Types\]\.xml|_rels\/\.rels|mimetypeapplication\/vnd\.oasis/.test(head) ? "OFFICE" : "ARCHIVE";
  }
  return beginnings.find(([beginning]) => beginning.test(head))?.[1];
}

const beginnings: readonly (readonly [RegExp, ForeignKind])[] = [
  // Some programs write lines before it; what begins like a license may hold these letters anywhere.
  [/^(?!(?:\u00ef\u00bb\u00bf|\u00ff\u00fe|\u00fe\u00ff)?[\s\0]*[{e])[\s\S]{0,1024}%PDF-\d/, "PDF"],
  [/^\u00d0\u00cf\u0011\u00e0/, "OFFICE"],
  [/^\{\\rtf/, "OFFICE"],
  [
    /^(\u0089PNG|\u00ff\u00d8\u00ff|GIF8|BM[\s\S]{4}\0\0\0\0|RIFF[\s\S]{4}WEBP|II\*\0|MM\0\*|[\s\S]{4}ftyp(hei|mif|avif))/,
    "PICTURE",
  ],
  [/^(Rar!\u001a|7z\u00bc\u00af|\u001f\u008b)/, "ARCHIVE"],
  [/^(\u00ef\u00bb\u00bf)?\s*<(\?xml|!doctype|html|svg)/i, "WEB_PAGE"],
];
