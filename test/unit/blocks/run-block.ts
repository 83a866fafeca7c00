import { isBlockFailure } from "../../../blocks/block";
import type { Block, BlockContext, BlockFailure, FileContent, Inputs, Usage } from "../../../blocks/block";
import { createCredentials } from "../../../blocks/credential";
import type { Credential } from "../../../blocks/credential";
import { createRegistry } from "../../../blocks/registry";
import { outputMisfit } from "../../../graph/check";
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
  return allowed(block, pairs(block.run(inputs, contextOf()) as Iterable<Emission>));
}

export function pairs(emissions: Iterable<Emission>): [string, Json][] {
  return [...emissions].map(({ pin, value }) => [pin, value]);
}

/** What the engine would refuse is no answer: every value fits the schema of its pin. */
function allowed({ definition }: Block, emitted: [string, Json][]): [string, Json][] {
  for (const [pin, value] of emitted) {
    const misfit = definition.role === "standard" ? outputMisfit(definition.outputSchema, pin, value) : null;
    if (misfit !== null) throw new Error(`${definition.name} emits on "${pin}" what ${misfit}`);
  }
  return emitted;
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

type ContextChanges = Partial<BlockContext> & { readonly credentials?: readonly Credential[] };

/** A context without anything outside; `used` collects what the block says it has used. */
export function contextOf({ credentials = [], ...changes }: ContextChanges = {}): BlockContext & { used: Usage[] } {
  const silent = () => undefined;
  const kept = new Map<string, Json>();
  const used: Usage[] = [];
  const stored = new Map<string, FileContent>();
  return {
    signal: new AbortController().signal,
    allowPrivateAddresses: false,
    maxFileBytes: 1_000_000,
    models: null,
    credential: createCredentials(credentials),
    idempotencyKey: "key",
    log: { debug: silent, info: silent, warn: silent },
    memory: {
      read: (scope, key) => Promise.resolve(kept.get(`${scope} ${key}`)),
      write: (scope, key, value) => Promise.resolve(void kept.set(`${scope} ${key}`, value)),
    },
    files: {
      maxBytes: 1_000_000,
      store(content) {
        const id = `00000000-0000-8000-8000-${String(stored.size + 1).padStart(12, "0")}`;
        stored.set(id, content);
        return Promise.resolve(id);
      },
      read: (id) => Promise.resolve(stored.get(id) ?? null),
    },
    tools: [],
    use: (usage) => void used.push(usage),
    progress: silent,
    token: silent,
    used,
    ...changes,
  };
}

/** Runs a remote block; each emission as `[pin, value]`, in order. */
export async function runRemote(name: string, inputs: Inputs, changes: ContextChanges = {}): Promise<[string, Json][]> {
  const block = blockNamed(name);
  if (!("run" in block) || block.definition.placement !== "remote") throw new Error(`${name} does not run remotely`);
  return allowed(block, pairs(await block.run(inputs, contextOf(changes))));
}
