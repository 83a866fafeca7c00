import type { Execution, Tree } from "./answers";

export type Change = { readonly tree: Tree; readonly execution: Execution };

/** Tells of each tree it is shown what changed since the last one: descendants first, so that the root's end comes last. */
export function createChanges(): (tree: Tree) => readonly Change[] {
  const seen = new Map<string, string>();
  return (tree) =>
    descendantsFirst(tree).flatMap((branch) => {
      const { execution } = branch;
      const mark = `${execution.status} ${execution.stopId}`;
      if (seen.get(execution.id) === mark) return [];
      seen.set(execution.id, mark);
      return [{ tree: branch, execution }];
    });
}

function descendantsFirst(tree: Tree): Tree[] {
  return [...tree.children.flatMap(descendantsFirst), tree];
}
