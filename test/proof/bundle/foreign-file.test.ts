import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type ForeignKind, foreignKindOf } from "../../../src/proof/bundle/foreign-file.ts";

const bytes = (text: string) => Uint8Array.from(text, (sign) => sign.charCodeAt(0));

test.each<[string, ForeignKind]>([
  ["%PDF-1.7\n", "PDF"],
  ["\r\n% made by a scanner\n%PDF-2.0\n", "PDF"],
  ["PK\u0003\u0004\u0014\0\0\0\u0008\0OFD.xml", "OFD"],
  ["PK\u0003\u0004\u0014\0\u0006\0[Content_Types].xml", "OFFICE"],
  ["\u00d0\u00cf\u0011\u00e0\u00a1\u00b1\u001a\u00e1", "OFFICE"],
  ["{\\rtf1\\ansi", "OFFICE"],
  ["\u0089PNG\r\n\u001a\n", "PICTURE"],
  ["\u00ff\u00d8\u00ff\u00e0", "PICTURE"],
  ["\0\0\0\u0018ftypheic", "PICTURE"],
  ["PK\u0003\u0004\u0014\0license.jws", "ARCHIVE"],
  ["\u001f\u008b\u0008", "ARCHIVE"],
  ["\u00ef\u00bb\u00bf<?xml version='1.0'?>", "WEB_PAGE"],
  ["<!DOCTYPE html>", "WEB_PAGE"],
])("%j is no license, but %s", (head, kind) => {
  expect(foreignKindOf(bytes(head))).toBe(kind);
});

test("a license and a bundle may be ones, whatever they carry", () => {
  const vectors = join(import.meta.dirname, "..", "..", "vectors", "bundles", "v1");
  expect(foreignKindOf(readFileSync(join(vectors, "valid.bundle.json")))).toBeUndefined();
  for (const start of ["eyJ", "\n eyJ", "{", " {", "\u00ef\u00bb\u00bf{", "\u00ef\u00bb\u00bfeyJ", "\u00ff\u00fe{\0"]) {
    for (const inside of ["%PDF-1.7", "PK\u0003\u0004", "<html>"])
      expect([start, foreignKindOf(bytes(`${start}"x":"${inside}"`))]).toEqual([start, undefined]);
  }
  fc.assert(
    fc.property(fc.base64String(), (text) => {
      expect(foreignKindOf(bytes(`eyJ${text}`))).toBeUndefined();
    }),
  );
});
