import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from "graphql";
import type { Limits } from "../../limits.ts";
import { refusal } from "./limits.ts";

/** Fields of the introspection types that lead to a list of types or of fields of types, from where one can go on. */
const typeLists: ReadonlySet<string> = new Set(["types", "fields", "inputFields", "interfaces", "possibleTypes"]);

/**
 * Refuses a document whose mere shape is abusive. Needs neither schema nor variables and does work linear in the
 * length of the document, so it runs before graphql-js validates, which does not.
 *
 * A cycle of fragments ends here without a refusal: validation names it better.
 *
 * Trust: the document is the attacker's, bounded only by `maxTokens`.
 * Throws: QUERY_MANY_OPERATIONS, QUERY_DIRECTIVES, QUERY_TOO_LONG, QUERY_TOO_DEEP, QUERY_TOO_MANY_ALIASES,
 * QUERY_TOO_COSTLY.
 */
export function checkStructure(limits: Limits, document: DocumentNode): void {
  checkWords(limits, document);
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    shapeReader(limits, fragments)(definition.selectionSet, 0, false, "maxRootFields");
  }
}

/** Counts what can be counted word by word, wherever it stands. */
function checkWords(limits: Limits, document: DocumentNode): void {
  let operations = 0;
  let directives = 0;
  const checkLength = (text: string): void => {
    if (text.length > limits.maxNameLength) throw refusal(limits, "QUERY_TOO_LONG", "maxNameLength", text.length);
  };
  const checkValue = (node: { readonly value: string }): void => checkLength(node.value);
  visit(document, {
    Name: checkValue,
    IntValue: checkValue,
    FloatValue: checkValue,
    EnumValue: checkValue,
    OperationDefinition(node) {
      operations += 1;
      if (operations > limits.maxOperations)
        throw refusal(limits, "QUERY_MANY_OPERATIONS", "maxOperations", operations, node);
    },
    Directive(node) {
      directives += 1;
      if (directives > limits.maxDirectives)
        throw refusal(limits, "QUERY_DIRECTIVES", "maxDirectives", directives, node);
    },
  });
}

/**
 * What a selection set amounts to with its fragments written out: levels of fields, all aliases, fields on its own
 * level, and type lists inside each other. Spreads multiply, so the numbers may be astronomic; they never overflow.
 */
type Shape = Readonly<{ depth: number; aliases: number; fields: number; lists: number }>;
const noShape: Shape = { depth: 0, aliases: 0, fields: 0, lists: 0 };

/**
 * Reads shapes, each fragment once (twice when it is used inside and outside introspection). `level` is the depth of
 * fields above, within the same definition.
 */
function shapeReader(limits: Limits, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
  const known = new Map<string, Shape>();

  function shapeOfSet(
    set: SelectionSetNode,
    level: number,
    introspection: boolean,
    width: "maxRootFields" | "maxFieldsPerSet" = "maxFieldsPerSet",
  ): Shape {
    let { depth, aliases, fields, lists } = noShape;
    for (const selection of set.selections) {
      const shape = shapeOf(selection, level, introspection);
      depth = Math.max(depth, shape.depth);
      aliases += shape.aliases;
      fields += shape.fields;
      lists = Math.max(lists, shape.lists);
      if (!introspection && level + depth > limits.maxDepth) {
        throw refusal(limits, "QUERY_TOO_DEEP", "maxDepth", level + depth, selection);
      }
      if (lists > limits.maxIntrospectionLists) {
        throw refusal(limits, "QUERY_TOO_DEEP", "maxIntrospectionLists", lists, selection);
      }
      if (aliases > limits.maxAliases) {
        throw refusal(limits, "QUERY_TOO_MANY_ALIASES", "maxAliases", aliases, selection);
      }
      if (fields > limits[width]) throw refusal(limits, "QUERY_TOO_COSTLY", width, fields, selection);
    }
    return { depth, aliases, fields, lists };
  }

  function shapeOf(selection: SelectionNode, level: number, introspection: boolean): Shape {
    if (selection.kind === Kind.INLINE_FRAGMENT) return shapeOfSet(selection.selectionSet, level, introspection);
    if (selection.kind === Kind.FRAGMENT_SPREAD) return shapeOfFragment(selection.name.value, introspection);
    const name = selection.name.value;
    const within = introspection || name === "__schema" || name === "__type";
    const below = selection.selectionSet ? shapeOfSet(selection.selectionSet, level + 1, within) : noShape;
    return {
      depth: within ? 1 : below.depth + 1,
      aliases: below.aliases + (selection.alias ? 1 : 0),
      fields: 1,
      lists: below.lists + (within && typeLists.has(name) ? 1 : 0),
    };
  }

  function shapeOfFragment(name: string, introspection: boolean): Shape {
    const key = introspection ? `__schema ${name}` : name;
    const shape = known.get(key);
    if (shape) return shape;
    known.set(key, noShape); // also ends a cycle
    const fragment = fragments.get(name);
    if (!fragment) return noShape; // validation names it
    const found = shapeOfSet(fragment.selectionSet, 0, introspection);
    known.set(key, found);
    return found;
  }

  return shapeOfSet;
}
