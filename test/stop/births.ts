import { setTimeout as pause } from "node:timers/promises";
import type { ExecutionId } from "../../graph/ids";
import type { GraphVersion } from "../../graph/register";
import type { StopView } from "../../db/stops";
import type { Engine } from "../support/engine";
import { startGraph } from "../support/factory";
import { ask, closed, expectGone } from "./receipt";

/** Offsets of stops in ms, spread over `upTo` with one drawn from each stretch; the same for the same seed. */
export function drawOffsets(count: number, upTo: number, seed: number): number[] {
  let state = seed;
  const draw = () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
  return Array.from({ length: count }, (_, index) => Math.floor(((index + draw()) * upTo) / count));
}

export type Birth = { readonly root: ExecutionId; readonly offset: number; readonly stop: StopView };

/** Starts a tree, stops it after `offset` ms, and looks that it is gone, with nothing started after the fence. */
export async function stopDuringBirth(engine: Engine, graph: GraphVersion, offset: number): Promise<Birth> {
  const root = await startGraph(engine.db, graph);
  const starting = engine.dispatcher.startNow(root);
  await pause(offset); // the moment of the stop is what is tried
  const { id } = await ask(engine, root);
  await starting;
  const stop = await closed(engine.db, id);
  await expectGone(engine, root, stop);
  return { root, offset, stop };
}
