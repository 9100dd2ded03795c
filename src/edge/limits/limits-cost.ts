import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getOperationAST,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionNode,
  type SelectionSetNode,
  TypeMetaFieldDef,
} from "graphql";
import type { Limits } from "../../limits.ts";
import { assumedListSizes, fieldCosts, refusal } from "./limits.ts";
import { type ArgumentReader, argumentReader, type Sizes, type Variables } from "./limits-arguments.ts";

/**
 * Refuses an operation that could answer with too many fields, or asks for too large a page or list.
 *
 * A field costs 1; a list multiplies what is below it by its page size (`first`, `last`), by the number of keys it was
 * given, or by an assumed size. A connection multiplies once, in `edges` or `nodes`. Introspection has its own budget.
 * Directives are not looked at: what `@skip` may leave out is counted. Each fragment is priced once.
 *
 * Trust: the document fits the schema (validated); the variables are raw. Without variables (`undefined`) those of no
 * default are taken for the largest page. What the schema does not know costs 1 and is left to validation.
 * Throws: QUERY_TOO_COSTLY, PAGE_TOO_LARGE, INPUT_INVALID.
 */
export function checkCost(
  limits: Limits,
  document: DocumentNode,
  schema: GraphQLSchema,
  variables: Variables | undefined,
  operationName?: string,
): void {
  const operation = getOperationAST(document, operationName);
  const root = operation && schema.getRootType(operation.operation);
  if (!operation || !root) return;
  const { fixed, perItem, introspection } = priceReader(
    limits,
    document,
    schema,
    operation,
    variables,
  )(operation.selectionSet, root);
  checkBudget(limits, "maxCost", fixed + perItem);
  checkBudget(limits, "maxIntrospectionCost", introspection);
}

/** Price of a selection: what it costs once, for each item of the connection it stands in, and in introspection. */
type Price = Readonly<{ fixed: number; perItem: number; introspection: number }>;
const noPrice: Price = { fixed: 0, perItem: 0, introspection: 0 };
const leafPrice: Price = { fixed: 1, perItem: 0, introspection: 0 };

function priceReader(
  limits: Limits,
  document: DocumentNode,
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Variables | undefined,
) {
  const sizesOf: ArgumentReader = argumentReader(limits, operation, variables);
  const known = new Map<string, Price>();
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }

  function priceOfSet(set: SelectionSetNode, parent: GraphQLCompositeType): Price {
    let { fixed, perItem, introspection } = noPrice;
    for (const selection of set.selections) {
      const price = priceOf(selection, parent);
      fixed += price.fixed;
      perItem += price.perItem;
      introspection += price.introspection;
      checkBudget(limits, parent.name.startsWith("__") ? "maxIntrospectionCost" : "maxCost", fixed, selection);
    }
    return { fixed, perItem, introspection };
  }

  function priceOf(selection: SelectionNode, parent: GraphQLCompositeType): Price {
    if (selection.kind === Kind.FIELD) return priceOfField(selection, parent);
    if (selection.kind === Kind.FRAGMENT_SPREAD) return priceOfFragment(selection.name.value);
    const type = selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : parent;
    return isCompositeType(type) ? priceOfSet(selection.selectionSet, type) : noPrice;
  }

  function priceOfFragment(name: string): Price {
    const price = known.get(name);
    if (price) return price;
    known.set(name, noPrice); // also ends a cycle
    const fragment = fragments.get(name);
    const type = fragment && schema.getType(fragment.typeCondition.name.value);
    if (!fragment || !isCompositeType(type)) return noPrice;
    const found = priceOfSet(fragment.selectionSet, type);
    known.set(name, found);
    return found;
  }

  function priceOfField(node: FieldNode, parent: GraphQLCompositeType): Price {
    const field = fieldOf(parent, node.name.value);
    if (!field) return leafPrice;
    const sizes = sizesOf(field, node, parent.name);
    const type = getNamedType(field.type);
    if (!node.selectionSet || !isCompositeType(type)) return leafPrice;
    const below = priceOfSet(node.selectionSet, type);
    const once = below.fixed + below.perItem * (sizes.page ?? limits.maxPageSize);
    if (type.name.startsWith("__") && !parent.name.startsWith("__")) return { ...leafPrice, introspection: once };
    const rest = { perItem: 0, introspection: below.introspection };
    const own = fieldCosts[`${parent.name}.${field.name}`] ?? 1;
    if (!isListType(getNullableType(field.type))) return { ...rest, fixed: own + once };
    if (isConnection(parent) && isItems(field.name)) return { ...rest, fixed: 1, perItem: once };
    return { ...rest, fixed: 1 + once * listSize(sizes, parent, field) };
  }

  return priceOfSet;
}

/** The field of this name, also the two that exist only at the root of a query; `__typename` has none. */
function fieldOf(parent: GraphQLCompositeType, name: string): GraphQLField<unknown, unknown> | undefined {
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
}

/** Relay's shape: `pageInfo` beside a list of `edges` or `nodes`. */
function isConnection(type: GraphQLCompositeType): boolean {
  if (!isObjectType(type) && !isInterfaceType(type)) return false;
  const fields = type.getFields();
  return "pageInfo" in fields && ("edges" in fields || "nodes" in fields);
}

function isItems(name: string): boolean {
  return name === "edges" || name === "nodes";
}

function listSize(sizes: Sizes, parent: GraphQLCompositeType, field: GraphQLField<unknown, unknown>): number {
  return sizes.page ?? sizes.keys ?? assumedListSizes[`${parent.name}.${field.name}`] ?? 10;
}

function checkBudget(
  limits: Limits,
  name: "maxCost" | "maxIntrospectionCost",
  found: number,
  node?: SelectionNode,
): void {
  if (found > limits[name]) throw refusal(limits, "QUERY_TOO_COSTLY", name, found, node);
}
