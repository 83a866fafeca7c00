import { isBlockFailure } from "../../../blocks/block";
import type { Block, BlockContext, BlockFailure, Inputs } from "../../../blocks/block";
import { createRegistry } from "../../../blocks/registry";
import type { Emission } from "../../../graph/definition";
import type { Json } from "../../../graph/json";

export function blockNamed(name: string): Block {
  const block = [...createRegistry().values()].find(({ definition }) => definition.name === name);
  if (!block) throw new Error(`no block is called ${name}`);
  return block;
}

/** Runs an inline block; each emission as `[pin, value]`, in order. */
export function runBlock(name: string, inputs: Inputs): [string, Json][] {
  const block = blockNamed(name);
  if (!("run" in block) || block.definition.placement !== "inline") throw new Error(`${name} does not run inline`);
  return pairs(block.run(inputs, contextOf()) as Iterable<Emission>);
}

export function pairs(emissions: Iterable<Emission>): [string, Json][] {
  return [...emissions].map(({ pin, value }) => [pin, value]);
}

/** The failure that running an inline block ends with. */
export function failBlock(name: string, inputs: Inputs): BlockFailure {
  try {
    runBlock(name, inputs);
  } catch (error) {
    if (isBlockFailure(error)) return error;
    throw error;
  }
  throw new Error(`${name} did not fail`);
}

export function contextOf({ signal = new AbortController().signal, allowPrivateAddresses = false } = {}): BlockContext {
  const silent = () => undefined;
  return { signal, allowPrivateAddresses, idempotencyKey: "key", log: { debug: silent, info: silent, warn: silent } };
}
