import { credentialFault } from "./credentials";
import type { GraphLink } from "./definition";
import { durationFaults } from "./durations";
import type { Fault } from "./errors";
import { mapFaults } from "./map";
import { nodeMaskFaults } from "./masks";
import { basePin, builderFault } from "./placed";
import type { PlacedNode } from "./placed";
import { isCredentialPin } from "./pins";
import { pointerTo } from "./pointer";
import { isNested } from "./reference";

/** Unknown blocks, ids used twice, nested graphs that are not there, required inputs that nothing gives, bad texts. */
export function nodeFaults(placed: readonly PlacedNode[], links: readonly GraphLink[]): Fault[] {
  const linked = new Map<string, string[]>(placed.map(({ node }) => [node.id, []]));
  for (const link of links) linked.get(link.sinkId)?.push(link.sinkName);
  const first = new Map<string, string>();
  return placed.flatMap((one) => {
    const { node, pointer, block } = one;
    const twin = first.get(node.id);
    if (twin === undefined) first.set(node.id, pointer);
    return [
      ...(twin === undefined
        ? []
        : [{ pointer: `${pointer}/id`, detail: `"${node.id}" is the id of ${twin} already` }]),
      ...(block
        ? constantFaults(one)
        : [{ pointer: `${pointer}/blockId`, detail: `unknown block ${node.blockId} of node "${node.id}"` }]),
      ...nodeMaskFaults(node, one.inputPins, one.nested !== null, pointer),
      ...(block && block.role !== "agent" && node.lifecycle !== undefined
        ? [{ pointer: `${pointer}/lifecycle`, detail: `is of nested graphs; block ${block.name} has none` }]
        : []),
      ...mapFaults(one),
      ...inputFaults(one, linked.get(node.id) ?? []),
      ...durationFaults(`${pointer}/timeout`, node.timeout),
      ...durationFaults(`${pointer}/retry/firstInterval`, node.retry?.firstInterval),
      ...durationFaults(`${pointer}/retry/maxInterval`, node.retry?.maxInterval),
    ];
  });
}

function constantFaults({ node, pointer, block, nested, inputPins }: PlacedNode): Fault[] {
  const at = (pin: string) => `${pointer}/constants${pointerTo([pin])}`;
  const { name } = node.constants;
  const nameless = (block?.role === "input" || block?.role === "output") && (typeof name !== "string" || name === "");
  return [
    ...(nested && !isNested(nested) ? [{ pointer: at(nested.constant), detail: nested.detail }] : []),
    ...(nameless
      ? [{ pointer: at("name"), detail: `must be a text: the name of this ${block.role} of the graph` }]
      : []),
    ...Object.keys(node.constants).flatMap((pin) => {
      const detail = builderFault(pin, inputPins ?? []);
      return detail === null ? [] : [{ pointer: at(pin), detail }];
    }),
    ...Object.entries(block?.role === "standard" ? node.constants : {}).flatMap(([pin, value]) => {
      const detail = credentialFault(pin, value);
      return detail === null ? [] : [{ pointer: at(pin), detail }];
    }),
  ];
}

/**
 * What a nested graph requires is checked when it runs; a value of an Input comes with the start; notes never run; a credential
 * may be connected later.
 */
function inputFaults({ node, pointer, block, inputPins }: PlacedNode, linked: readonly string[]): Fault[] {
  if (!block || !inputPins || block.role === "agent" || block.role === "note") return [];
  const given = new Set(
    [...Object.keys({ ...node.constants, ...node.masks }), ...linked].map((pin) => basePin(pin, inputPins)),
  );
  const exempt = block.role === "standard" ? [] : ["name", "value"];
  return block.inputSchema.required
    .filter((pin) => !given.has(pin) && !exempt.includes(pin) && !isCredentialPin(pin))
    .map((pin) => ({
      pointer: `${pointer}/constants${pointerTo([pin])}`,
      detail: `block ${block.name} needs the input "${pin}": give it a constant or a link`,
    }));
}
