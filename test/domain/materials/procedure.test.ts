import { expect, test } from "@jest/globals";
import { licenseTypesOf, sourcesOf } from "../../../src/domain/materials/procedure.ts";
import { allOf, anyOf, business, card, catalogue, license, material, procedure, safety } from "./cases.ts";

test("the sources of an expression come in reading order, however deep they stand", () => {
  const expression = anyOf(license(business), allOf(license(safety), anyOf(license(card), license(business))));
  expect(sourcesOf(expression).map((source) => source.licenseType)).toEqual([business, safety, card, business]);
  expect(sourcesOf(null)).toEqual([]);
  expect(sourcesOf(anyOf())).toEqual([]);
});

test("a procedure names each license type of its materials once, those it does not require too", () => {
  const materials = [
    material({ source: anyOf(license(safety), license(business)) }),
    material({ source: license(safety), required: false }),
    material({ source: null }),
  ];
  expect(licenseTypesOf(procedure(...materials))).toEqual([safety, business]);
});

test("every source of the catalogue's procedures names a type and attributes that the catalogue knows", () => {
  const properties = new Map(
    catalogue.licenseTypes.map(({ code, attributesSchema }) => {
      const schema: { properties?: object } = attributesSchema;
      return [code, Object.keys(schema.properties ?? {})];
    }),
  );
  const sources = catalogue.procedures.flatMap(({ materials }) => materials.flatMap((each) => sourcesOf(each.source)));
  expect(sources.length).toBeGreaterThan(20);
  for (const source of sources)
    expect(properties.get(source.licenseType)).toEqual(expect.arrayContaining([...source.attributes]));
});

test("every material of the catalogue with a source has at least one license in each of its parts", () => {
  for (const { materials } of catalogue.procedures)
    for (const { source } of materials) if (source) expect(sourcesOf(source).length).toBeGreaterThan(0);
});
