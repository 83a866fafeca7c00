import type { GraphLink } from "./definition";
import type { Fault } from "./errors";
import { suggestion } from "./nearest";
import { pinFaults } from "./placed";
import type { PlacedNode } from "./placed";

/** Ends that are not there, pins that are not there, and links that say the same twice. */
export function linkFaults(links: readonly GraphLink[], placed: readonly PlacedNode[], at: string): Fault[] {
  const byId = new Map(placed.map((one) => [one.node.id, one]));
  const ids = [...byId.keys()];
  const first = new Map<string, string>();
  return links.flatMap((link, i) => {
    const pointer = `${at}/links/${i}`;
    const same = JSON.stringify([link.sourceId, link.sourceName, link.sinkId, link.sinkName]);
    const twin = first.get(same);
    if (twin === undefined) first.set(same, pointer);
    const end = (key: "source" | "sink", side: "input" | "output"): Fault[] => {
      const id = link[`${key}Id`];
      const node = byId.get(id);
      if (node) return pinFaults(`${pointer}/${key}Name`, link[`${key}Name`], node, side);
      return [{ pointer: `${pointer}/${key}Id`, detail: `there is no node "${id}"${suggestion(id, ids)}` }];
    };
    return [
      ...end("source", "output"),
      ...end("sink", "input"),
      ...(twin === undefined
        ? []
        : [{ pointer, detail: `says the same as ${twin}: a value would be delivered twice` }]),
    ];
  });
}
