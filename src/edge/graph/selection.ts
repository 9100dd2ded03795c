import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from "graphql";

/**
 * Whether an operation asks for a field at a path below the field being resolved, through whatever fragments. One that
 * depends on `@include` or `@skip` counts as asked for.
 */
export function asksFor(info: GraphQLResolveInfo, ...path: readonly string[]): boolean {
  const isIn = (set: SelectionSetNode | undefined, [name, ...rest]: readonly string[]): boolean =>
    set?.selections.some((selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        return isIn(info.fragments[selection.name.value]?.selectionSet, [name ?? "", ...rest]);
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) return isIn(selection.selectionSet, [name ?? "", ...rest]);
      if (selection.name.value !== name) return false;
      return rest.length === 0 || isIn(selection.selectionSet, rest);
    }) ?? false;
  return info.fieldNodes.some((node) => isIn(node.selectionSet, path));
}
