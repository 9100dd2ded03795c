import {
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  getNullableType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
  valueFromASTUntyped,
} from "graphql";
import type { LimitName, Limits } from "../../limits.ts";
import { listArgumentLimits, refusal } from "./limits.ts";

/** Variables as they came with the request: attacker-chosen JSON, not yet coerced to their types. */
export type Variables = Readonly<Record<string, unknown>>;

/** How many items a field was asked for: by page, or by a list of keys it must be given. */
export type Sizes = Readonly<{ page?: number | undefined; keys?: number | undefined }>;

/** Reads the sizes of one field's arguments. Throws: PAGE_TOO_LARGE, INPUT_INVALID. */
export type ArgumentReader = (field: GraphQLField<unknown, unknown>, node: FieldNode, parentName: string) => Sizes;

/** A variable that is not known yet: its value may be anything its type allows. */
const unknownValue = Symbol("unknown");

/**
 * Makes the reader for one operation and its variables. Values that are not of their type are passed over: graphql-js
 * refuses them when it coerces. `null` is not a page: to a database it may mean "no limit".
 */
export function argumentReader(
  limits: Limits,
  operation: OperationDefinitionNode,
  variables: Variables | undefined,
): ArgumentReader {
  const values = startValues(operation, variables);
  const checked = new WeakSet<object>();

  function givenValue(argument: GraphQLArgument, given: ValueNode | undefined): unknown {
    if (!given) return argument.defaultValue;
    if (given.kind !== Kind.VARIABLE) return valueFromASTUntyped(given, values);
    const name = given.name.value;
    if (Object.hasOwn(values, name)) return values[name];
    return variables ? argument.defaultValue : unknownValue;
  }

  /** Walks lists and input objects within the value; a variable used many times is walked once. */
  function checkLists(type: GraphQLInputType, value: unknown, path: string, level: number): void {
    if (typeof value !== "object" || value === null) return;
    if (level > limits.maxArgumentDepth) throw refusal(limits, "INPUT_INVALID", "maxArgumentDepth", level);
    const nullable = getNullableType(type);
    if (isListType(nullable)) {
      const limit = path in listArgumentLimits ? listArgumentLimits[path] : "maxListArgument";
      if (!limit || checked.has(value)) return;
      if (Array.isArray(value)) checked.add(value);
      const items: readonly unknown[] = Array.isArray(value) ? value : [value];
      checkSize(limits, limit, items.length);
      for (const item of items) checkLists(nullable.ofType, item, path, level + 1);
    } else if (isInputObjectType(nullable) && !Array.isArray(value) && !checked.has(value)) {
      checked.add(value);
      for (const field of Object.values(nullable.getFields())) {
        const inner: unknown = Object.hasOwn(value, field.name) ? Reflect.get(value, field.name) : undefined;
        checkLists(field.type, inner, `${nullable.name}.${field.name}`, level + 1);
      }
    }
  }

  return (field, node, parentName) => {
    if (field.args.length === 0) return {};
    const given = new Map(node.arguments?.map((argument) => [argument.name.value, argument.value]));
    const pages: number[] = [];
    let paged = false;
    let keys: number | undefined;
    for (const argument of field.args) {
      const value = givenValue(argument, given.get(argument.name));
      if (argument.name === "first" || argument.name === "last") {
        paged = true;
        const page = pageSize(limits, value);
        if (page !== undefined) pages.push(page);
        continue;
      }
      checkLists(argument.type, value, `${parentName}.${field.name}.${argument.name}`, 0);
      if (isNonNullType(argument.type) && isListType(argument.type.ofType)) {
        keys = Math.max(keys ?? 1, keyCount(limits, value));
      }
    }
    const page = pages.length > 0 ? Math.max(...pages) : paged ? limits.maxPageSize : undefined;
    return { page, keys };
  };
}

/** The variables with their defaults, as coercion will see them; an own property each, whatever its name. */
function startValues(operation: OperationDefinitionNode, variables: Variables | undefined): Record<string, unknown> {
  const values: Record<string, unknown> = Object.create(null);
  for (const definition of operation.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    if (variables && Object.hasOwn(variables, name)) values[name] = variables[name];
    else if (definition.defaultValue) values[name] = valueFromASTUntyped(definition.defaultValue);
  }
  return values;
}

function pageSize(limits: Limits, value: unknown): number | undefined {
  if (value === null) throw refusal(limits, "INPUT_INVALID", "maxPageSize", "null");
  if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
  if (value < 1) throw refusal(limits, "INPUT_INVALID", "maxPageSize", value);
  checkSize(limits, "maxPageSize", value);
  return value;
}

function keyCount(limits: Limits, value: unknown): number {
  if (value === unknownValue) return limits.maxListArgument;
  return Array.isArray(value) ? value.length : 1;
}

function checkSize(limits: Limits, name: LimitName, found: number): void {
  if (found > limits[name]) throw refusal(limits, "PAGE_TOO_LARGE", name, found);
}
