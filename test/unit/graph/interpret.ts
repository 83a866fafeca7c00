import type { CompiledGraph } from "../../../graph/compile";
import type { Emission } from "../../../graph/definition";
import { openPlanner, start } from "../../../graph/deliver";
import type { Ready, Waiting } from "../../../graph/deliver";
import type { JsonObject } from "../../../graph/json";
import { countExecutions } from "./fixtures";

/** What a node does with its inputs. An emission on `error` ends it FAILED. */
export type Run = (inputs: JsonObject) => readonly Emission[];

/** Chooses one of `count` things that could happen next. */
export type Pick = (count: number) => number;

export type Ran = Ready & { readonly emitted: readonly Emission[] };

export type Outcome = {
  /** In queue order. */
  readonly ran: readonly Ran[];
  readonly left: readonly Waiting[];
};

/**
 * Runs a graph in memory: any queued node execution may run next, and any node may deliver its next output next; only the
 * executions of one node deliver in their order. `pick` decides, so every interleaving can be had.
 */
export function interpret(
  graph: CompiledGraph,
  inputs: JsonObject,
  runOf: (nodeId: string) => Run,
  pick: Pick,
): Outcome {
  const mint = countExecutions();
  const first = start(graph, inputs, mint);
  const planner = openPlanner(graph, first.pending, mint);
  const queued: Ready[] = [...first.ready];
  const emittedBy = new Map<Ready, readonly Emission[]>();
  const outboxes = new Map<string, { ready: Ready; delivered: number }[]>();
  const boxOf = (nodeId: string) => outboxes.get(nodeId) ?? outboxes.set(nodeId, []).get(nodeId) ?? [];
  for (const ready of queued) boxOf(ready.nodeId).push({ ready, delivered: 0 });

  while (emittedBy.size <= 2_000) {
    const idle = queued.filter((ready) => !emittedBy.has(ready));
    for (const box of outboxes.values()) {
      while (box[0] && box[0].delivered === emittedBy.get(box[0].ready)?.length) box.shift();
    }
    const full = [...outboxes.values()].filter(([head]) => head && emittedBy.has(head.ready));
    if (idle.length + full.length === 0) {
      return {
        ran: queued.map((ready) => ({ ...ready, emitted: emittedBy.get(ready) ?? [] })),
        left: [...planner.pending().waiting.values()].flat(),
      };
    }
    const choice = pick(idle.length + full.length);
    const toRun = idle[choice];
    const head = full[choice - idle.length]?.[0];
    if (toRun) {
      emittedBy.set(toRun, toRun.problem === null ? runOf(toRun.nodeId)(toRun.inputs) : []);
    } else if (head) {
      const emission = emittedBy.get(head.ready)?.[head.delivered++];
      for (const ready of emission ? planner.deliver(head.ready.nodeId, emission) : []) {
        queued.push(ready);
        boxOf(ready.nodeId).push({ ready, delivered: 0 });
      }
    }
  }
  throw new Error("does not end");
}
