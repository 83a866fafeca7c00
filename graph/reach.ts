import type { GraphLink } from "./definition";

/** A node and all that its values can reach, by links of any kind; each once. */
export function nodesAfter(links: readonly GraphLink[], nodeId: string): string[] {
  const reached = new Set([nodeId]);
  for (const from of reached) {
    for (const link of links) if (link.sourceId === from) reached.add(link.sinkId);
  }
  return [...reached];
}
