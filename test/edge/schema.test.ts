import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { type ASTNode, type DefinitionNode, Kind, parse, print, visit } from "graphql";
import { makeSchema } from "../../src/edge/schema.ts";
import { renderSchemas } from "../setup/print-schema.ts";

const { sdl } = makeSchema();
const contract = readFileSync("test/data/contract.graphql", "utf8");

describe("schema/", () => {
  const printed = renderSchemas(sdl);

  test.each(["hub.graphql", "supergraph.graphql"] as const)("%s is what `npm run schema:print` prints", (file) => {
    expect(readFileSync(`schema/${file}`, "utf8")).toBe(printed[file]);
  });

  test("is printed the same every time", () => {
    expect(renderSchemas(makeSchema().sdl)).toEqual(printed);
  });

  test("is not printed when a department's subgraph does not fit", () => {
    const clash = `
      extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
      type Enterprise @key(fields: "uscc") { uscc: ID! name: Int! }
    `;
    expect(() => renderSchemas(sdl, [{ name: "clash", url: "http://127.0.0.1:1/", sdl: clash }])).toThrow(
      "Enterprise.name",
    );
  });
});

describe("descriptions", () => {
  test("every type, field, argument, enum value and input field of the hub says what it is", () => {
    expect(undescribed(sdl)).toEqual([]);
  });

  test("whatever lacks one is named", () => {
    const bare =
      '"a" type A { b("c" c: Int, d: Int): Int "e" e: E } enum E { F } input I { "j" j: Int k: Int } scalar S';
    expect(undescribed(bare)).toEqual(["A.b", "A.b(d)", "E", "E.F", "I", "I.k", "S"]);
    expect(undescribed('" " scalar S')).toEqual(["S"]);
  });
});

describe("contract.graphql", () => {
  test("every name, argument, default and nullability of the contract stands in the hub's schema", () => {
    expect(differences(contract, sdl)).toEqual([]);
  });

  const kept =
    'type Query { a(b: Int! = 1, c: [E!]): T! } type T @key(fields: "id") { id: ID! } enum E { F G } input I { j: ID! k: Int = 2 }';

  test("the schema may hold more", () => {
    const more =
      'type Query { a(b: Int! = 1, c: [E!], d: Int): T! e: Int } type T @key(fields: "id") { id: ID! f: Int } ' +
      "enum E { F G H } input I { j: ID! k: Int = 2 l: Int m: Int! = 1 } scalar S";
    expect(differences(kept, more)).toEqual([]);
  });

  test.each([
    ["a(b: Int! = 1, c: [E!]): T!", "z: T!", ["Query.a is missing"]],
    ["): T!", "): T", ["Query.a is T, not T!"]],
    ["b: Int! = 1, ", "", ["Query.a(b) is missing"]],
    ["b: Int! = 1", "b: Int = 1", ["Query.a(b) is Int = 1, not Int! = 1"]],
    ["b: Int! = 1", "b: Int!", ["Query.a(b) is Int!, not Int! = 1"]],
    ["c: [E!]", "c: [E]", ["Query.a(c) is [E], not [E!]"]],
    ["c: [E!]", "c: [E!], d: Int!", ["Query.a(d) is required, the contract does not know it"]],
    ["id: ID!", "id: String!", ["T.id is String!, not ID!"]],
    [' @key(fields: "id")', "", ['T lacks @key(fields: "id")']],
    ["F G", "F", ["E.G is missing"]],
    ["enum E { F G }", "scalar E", ["E is ScalarTypeDefinition, not EnumTypeDefinition"]],
    ["enum E { F G } ", "", ["E is missing"]],
    ["j: ID!", "j: ID", ["I.j is ID, not ID!"]],
    ["j: ID!", "j: ID! l: Int!", ["I.l is required, the contract does not know it"]],
  ])("%s as %j is a difference", (from, to, found) => {
    expect(differences(kept, kept.replace(from, to))).toEqual(found);
  });
});

/** Everything in an SDL that has no description, dotted and sorted. */
function undescribed(text: string): string[] {
  const found: string[] = [];
  visit(parse(text), {
    enter(node, _key, _parent, _path, ancestors) {
      if (!isDescribable(node) || node.description?.value.trim()) return;
      found.push(nameOf(node.name.value, ancestors));
    },
  });
  return found.sort();
}

function isDescribable(node: ASTNode) {
  return (
    node.kind === Kind.OBJECT_TYPE_DEFINITION ||
    node.kind === Kind.INTERFACE_TYPE_DEFINITION ||
    node.kind === Kind.UNION_TYPE_DEFINITION ||
    node.kind === Kind.ENUM_TYPE_DEFINITION ||
    node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION ||
    node.kind === Kind.SCALAR_TYPE_DEFINITION ||
    node.kind === Kind.DIRECTIVE_DEFINITION ||
    node.kind === Kind.FIELD_DEFINITION ||
    node.kind === Kind.INPUT_VALUE_DEFINITION ||
    node.kind === Kind.ENUM_VALUE_DEFINITION
  );
}

function isOneNode(place: ASTNode | readonly ASTNode[]): place is ASTNode {
  return "kind" in place;
}

/** `Type.field(argument)`. */
function nameOf(name: string, ancestors: readonly (ASTNode | readonly ASTNode[])[]): string {
  const parents = ancestors
    .filter(isOneNode)
    .filter(isDescribable)
    .map((node) => node.name.value);
  const [type, field] = parents;
  if (type === undefined) return name;
  return field === undefined ? `${type}.${name}` : `${type}.${field}(${name})`;
}

/** One member of a type: a field, argument, input field or enum value, and what it is. */
type Member = Readonly<{ is: string; isRequired: boolean; isInput: boolean }>;
type Shape = Readonly<{ kind: string; keys: readonly string[]; members: ReadonlyMap<string, Member> }>;

/** Where a schema breaks a contract; what it holds beyond the contract is no difference, unless a caller must send it. */
function differences(contractText: string, schemaText: string): string[] {
  const schema = shapesOf(schemaText);
  return [...shapesOf(contractText)].flatMap(([name, asked]) => {
    const found = schema.get(name);
    if (!found) return [`${name} is missing`];
    if (found.kind !== asked.kind) return [`${name} is ${found.kind}, not ${asked.kind}`];
    const missing = [...asked.members.keys()].filter((member) => !found.members.has(member));
    return [
      ...asked.keys.filter((key) => !found.keys.includes(key)).map((key) => `${name} lacks ${key}`),
      ...missing.filter((member) => !missing.includes(fieldOf(member))).map((member) => `${member} is missing`),
      ...[...asked.members].flatMap(([member, { is }]) => {
        const other = found.members.get(member)?.is ?? is;
        return other === is ? [] : [`${member} is ${other}, not ${is}`];
      }),
      ...[...found.members]
        .filter(([member, { isRequired }]) => isRequired && !asked.members.has(member))
        .filter(([member, { isInput }]) => isInput || asked.members.has(fieldOf(member)))
        .map(([member]) => `${member} is required, the contract does not know it`),
    ];
  });
}

/** The field an argument belongs to; of anything else, nothing that is in a list of members. */
function fieldOf(member: string): string {
  return member.includes("(") ? member.slice(0, member.indexOf("(")) : "";
}

function shapesOf(text: string): ReadonlyMap<string, Shape> {
  return new Map(parse(text).definitions.flatMap(shapeOf));
}

function shapeOf(definition: DefinitionNode): readonly (readonly [string, Shape])[] {
  if (!("name" in definition) || !definition.name || definition.kind === Kind.DIRECTIVE_DEFINITION) return [];
  const type = definition.name.value;
  const members = new Map<string, Member>();
  const directives = ("directives" in definition && definition.directives) || [];
  const keys = directives.filter(({ name }) => name.value === "key").map((directive) => print(directive));
  visit(definition, {
    enter(node, _key, _parent, _path, ancestors) {
      const name = isDescribable(node) ? nameOf(node.name.value, ancestors) : "";
      if (node.kind === Kind.ENUM_VALUE_DEFINITION)
        members.set(name, { is: "a value", isRequired: false, isInput: false });
      if (node.kind === Kind.FIELD_DEFINITION) {
        members.set(name, { is: print(node.type), isRequired: false, isInput: false });
      }
      if (node.kind === Kind.INPUT_VALUE_DEFINITION) {
        const { defaultValue } = node;
        const is = defaultValue ? `${print(node.type)} = ${print(defaultValue)}` : print(node.type);
        const isRequired = node.type.kind === Kind.NON_NULL_TYPE && !defaultValue;
        members.set(name, { is, isRequired, isInput: !name.includes("(") });
      }
    },
  });
  return [[type, { kind: definition.kind, keys, members }]];
}
