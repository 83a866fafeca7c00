import type { GraphLink } from "./definition";
import type { Fault } from "./errors";

/** Only so many pins are looked at: each is a walk over the graph. */
const mostPins = 100;

/**
 * Pins fed both by a static link and by a loop, one fault for each static link. The static value is handed to every waiting
 * execution of the node, so what the loop gathers depends on timing. `at` is the pointer to the graph.
 */
export function loopsOnStaticPins(links: readonly GraphLink[], at: string): Fault[] {
  const numbered = links.map((link, i) => ({ ...link, pointer: `${at}/links/${i}` }));
  const bySource = group(numbered, (link) => link.sourceId);
  const byPin = group(numbered, (link) => JSON.stringify([link.sinkId, link.sinkName]));
  const suspects = [...byPin.values()].filter((feeding) => feeding.length > 1 && feeding.some((link) => link.isStatic));
  return suspects.slice(0, mostPins).flatMap((feeding) => {
    const reached = reachable(feeding[0]?.sinkId ?? "", bySource);
    const looping = feeding.filter((link) => reached.has(link.sourceId));
    return feeding
      .filter((link) => link.isStatic && looping.some((other) => other !== link))
      .map(({ pointer, sinkName, sinkId }) => ({
        pointer,
        detail:
          `pin "${sinkName}" of node "${sinkId}" is fed by this static link and by a loop, so results may depend on timing; ` +
          "begin the loop with a block whose output is not static, such as CreateList",
      }));
  });
}

function group<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const siblings = groups.get(key);
    if (siblings) siblings.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** The node itself, and all that links lead to from it. */
function reachable(from: string, bySource: ReadonlyMap<string, readonly GraphLink[]>): Set<string> {
  const reached = new Set([from]);
  for (const id of reached) for (const link of bySource.get(id) ?? []) reached.add(link.sinkId); // a Set also visits what is added on the way
  return reached;
}
