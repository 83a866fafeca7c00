import type { Emission, GraphLink, GraphNode, Masks } from "../../../graph/definition";
import { isObject } from "../../../graph/json";
import type { Json, JsonObject } from "../../../graph/json";

/** A node execution as this interpreter keeps it: what links brought, and once it is ready what it ran on. */
type Row = { readonly node: string; readonly brought: Record<string, Json>; used: JsonObject | null };

export type PlainGraph = {
  readonly nodes: readonly GraphNode[];
  readonly links: readonly GraphLink[];
  readonly masks: Masks;
  /** Pins that have to be lists and objects; all others take anything. */
  readonly lists: readonly string[];
  readonly objects: readonly string[];
};

export type PlainRun = {
  /** By node, in queue order. */
  readonly ran: Readonly<Record<string, readonly JsonObject[]>>;
  readonly left: Readonly<Record<string, readonly JsonObject[]>>;
};

/**
 * The rules of dataflow once more, in the simplest way: one table of rows that is searched for everything, first in, first out.
 * It shares nothing with the planner but the words. Answers null where more than `most` node executions would be needed.
 */
export function runPlainly(
  graph: PlainGraph,
  run: (node: string, inputs: JsonObject) => readonly Emission[],
  most: number,
): PlainRun | null {
  const { nodes, links } = graph;
  const rows: Row[] = [];
  const queue: Row[] = [];

  const enqueue = (row: Row, linked: JsonObject) => {
    row.used = inputsOf(graph, row.node, linked);
    queue.push(row);
  };
  const offer = (row: Row): boolean => {
    const inbound = links.filter((link) => link.sinkId === row.node);
    const last = queue.findLast((other) => other.node === row.node)?.used ?? {};
    const linked: Record<string, Json> = { ...row.brought };
    for (const { sinkName, isStatic } of inbound) {
      if (isStatic && linked[sinkName] === undefined && last[sinkName] !== undefined) linked[sinkName] = last[sinkName];
    }
    const mask = graph.masks[row.node] ?? {};
    const isComplete = inbound.every(({ sinkName }) => linked[sinkName] !== undefined || mask[sinkName] !== undefined);
    if (isComplete) enqueue(row, linked);
    return isComplete;
  };

  for (const { id } of nodes) {
    if (links.some((link) => link.sinkId === id)) continue;
    const row: Row = { node: id, brought: {}, used: null };
    rows.push(row);
    enqueue(row, {});
  }
  for (const { node, used } of queue) {
    if (queue.length > most) return null;
    for (const { pin, value } of run(node, used ?? {})) {
      for (const link of links.filter((one) => one.sourceId === node)) {
        const taken = take(link.sourceName, pin, value);
        if (taken === undefined) continue;
        const waiting = () => rows.filter((one) => one.node === link.sinkId && !one.used);
        let row = waiting().find((one) => one.brought[link.sinkName] === undefined);
        if (!row) rows.push((row = { node: link.sinkId, brought: {}, used: null }));
        row.brought[link.sinkName] = taken;
        if (offer(row) && link.isStatic) waiting().forEach(offer);
      }
    }
  }
  const byNode = <Item>(of: (node: string) => Item) => Object.fromEntries(nodes.map(({ id }) => [id, of(id)]));
  return {
    ran: byNode((id) => queue.filter(({ node }) => node === id).map(({ used }) => used ?? {})),
    left: byNode((id) => rows.filter(({ node, used }) => node === id && !used).map(({ brought }) => brought)),
  };
}

/** "a_#_b_$_0" is ["a", "#b", "$0"]. */
function partsOf(name: string): string[] {
  return name.split(/_(?=[$#@]_)/).map((part, i) => (i === 0 ? part : part.replace("_", "").replace("@", "#")));
}

function take(selector: string, pin: string, value: Json): Json | undefined {
  const [base, ...steps] = partsOf(selector);
  if (base !== pin) return undefined;
  let part: unknown = value;
  for (const step of steps) {
    const isFit = step.startsWith("$") ? Array.isArray(part) : isObject(part);
    part = isFit ? (part as Record<string, unknown>)[step.slice(1)] : undefined;
  }
  return steps.length > 0 && part === null ? undefined : (part as Json | undefined);
}

/** Constants, over them what links brought, over that the mask; then the dynamic names are built in, short ones first. */
function inputsOf({ nodes, masks, lists, objects }: PlainGraph, id: string, linked: JsonObject): JsonObject {
  const constants = nodes.find((node) => node.id === id)?.constants ?? {};
  const inputs: Record<string, Json> = structuredClone({ ...constants, ...linked, ...masks[id] });
  const dynamic = Object.keys(inputs).filter((name) => partsOf(name).length > 1);
  for (const name of dynamic.sort((x, y) => partsOf(x).length - partsOf(y).length)) {
    build(
      inputs,
      partsOf(name).map((part, i) => (i === 0 ? `#${part}` : part)),
      inputs[name] ?? null,
    );
  }
  for (const pin of lists) if (inputs[pin] !== undefined && inputs[pin] !== null) inputs[pin] = toList(inputs[pin]);
  for (const pin of objects) if (inputs[pin] !== undefined && inputs[pin] !== null) inputs[pin] = toObject(inputs[pin]);
  return inputs;
}

function build(into: Record<string, unknown>, [step = "", ...rest]: string[], value: Json): void {
  const key = step.slice(1);
  const next = rest[0];
  if (next === undefined) {
    into[key] = structuredClone(value);
    return;
  }
  const there = (into[key] ?? null) as Json;
  if (next.startsWith("$")) {
    const list = there === null ? [] : [...toList(there)];
    while (list.length <= Number(next.slice(1))) list.push(null);
    into[key] = list;
  } else {
    into[key] = there === null ? {} : { ...toObject(there) };
  }
  build(into[key] as Record<string, unknown>, rest, value);
}

/** The texts of these graphs are no JSON. */
function toList(value: Json): readonly Json[] {
  if (isObject(value)) return Object.entries(value);
  return Array.isArray(value) ? (value as readonly Json[]) : [value];
}

function toObject(value: Json): JsonObject {
  if (Array.isArray(value)) return Object.fromEntries((value as readonly Json[]).entries());
  return isObject(value) ? value : { value };
}
