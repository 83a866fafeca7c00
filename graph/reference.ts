import { agentExecutorBlockId } from "./block";
import type { GraphNode, NestedGraph } from "./definition";
import { own } from "./json";

/** The graph that a nested-graph node names. `version` is null where it names none. */
export type GraphReference = { readonly graphId: string; readonly version: number | null };

/** Why a node has no nested graph, and which of its constants is to blame. */
export type NoNested = { readonly constant: "graphId" | "graphVersion"; readonly detail: string };

/** Looks a reference up among what is saved and what the same request creates. */
export type FindNested = (reference: GraphReference) => NestedGraph | NoNested;

export function isNested(found: NestedGraph | NoNested): found is NestedGraph {
  return "graphId" in found;
}

/** What the constants of a nested-graph node name, or what is wrong with them; null for a node of another block. */
export function referenceOf(node: GraphNode): GraphReference | NoNested | null {
  if (node.blockId !== agentExecutorBlockId) return null;
  const graphId = own(node.constants, "graphId");
  const version = own(node.constants, "graphVersion") ?? null;
  if (typeof graphId !== "string") {
    return { constant: "graphId", detail: "must be the id of a graph, or of one of this request's subGraphs" };
  }
  if (version !== null && !isVersion(version)) {
    return { constant: "graphVersion", detail: "must be a version: a whole number from 1" };
  }
  return { graphId, version };
}

function isVersion(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1;
}

/** The nested graph of a node; null for a node of another block. */
export function nestedOf(node: GraphNode, find: FindNested): NestedGraph | NoNested | null {
  const reference = referenceOf(node);
  return reference && !("detail" in reference) ? find(reference) : reference;
}
