import type { Logger } from "pino";
import type { Block, BlockContext, Inputs, Surroundings, Usage } from "../blocks/block";
import { createRedaction, secretsOf } from "../blocks/credential";
import { readFile, saveFile } from "../db/blobs";
import type { Database } from "../db/client";
import { readMemory, writeMemory } from "../db/memories";
import { addUsage } from "../db/usage";
import type { CompiledGraph } from "../graph/compile";
import type { Emission } from "../graph/definition";
import type { ExecutionId, NodeExecutionId } from "../graph/ids";
import type { Definitions } from "./graphs";
import type { Meter } from "./meter";
import { persist } from "./persist";
import { isInline, isRemote, isStream } from "./placement";
import { toolPinsOf } from "./tool-pins";

export type BlockRunDeps = {
  readonly db: Database;
  readonly definitions: Pick<Definitions, "place">;
  readonly surroundings: Surroundings;
  readonly log: Logger;
};

export type BlockRun = {
  readonly executionId: ExecutionId;
  readonly id: NodeExecutionId;
  readonly graph: CompiledGraph;
  readonly nodeId: string;
  readonly block: Block | undefined;
  readonly inputs: Inputs;
  readonly signal: AbortSignal;
  readonly meter: Meter;
  /** Outputs that earlier attempts have recorded. */
  readonly emitted: number;
  /** Records what a block yields while it runs. Throws to end it where that may not be recorded. */
  readonly emit: (emission: Emission) => Promise<void>;
};

/**
 * Runs a block in one attempt of its node; answers what is still to be recorded. What it has used is recorded however it ends; credentials that it was given are
 * taken out of what it emits and of what it says when it fails.
 */
export async function runBlockCode(deps: BlockRunDeps, run: BlockRun): Promise<readonly Emission[]> {
  const { executionId, id } = run;
  const { credential, ...surroundings } = deps.surroundings;
  const secrets: string[] = surroundings.models?.apiKey ? [surroundings.models.apiKey] : [];
  const { rootId, ownerId, ancestors } = await deps.definitions.place(executionId);
  const place = { rootId, executionId, nodeExecutionId: id, path: [...ancestors, executionId], nodeId: run.nodeId };
  const redact = (text: string) => createRedaction(secrets).inText(text);
  const context: BlockContext = {
    ...surroundings,
    signal: run.signal,
    idempotencyKey: id,
    log: deps.log.child({ executionId, nodeExecutionId: id }),
    credential(reference) {
      const found = credential(reference);
      secrets.push(...secretsOf(found));
      return found;
    },
    memory: memoryOf(deps.db, executionId),
    files: filesOf(deps.db, ownerId, rootId, surroundings.maxFileBytes),
    tools: toolPinsOf(run.graph, run.nodeId),
    use: (usage) => run.meter.add(usage),
    progress: ({ message, ...progress }) =>
      deps.db.tellProgress(place, message === undefined ? progress : { ...progress, message: redact(message) }),
    token: (text) => deps.db.tellText(place, redact(text)),
  };
  try {
    if (isStream(run.block)) {
      for await (const emission of run.block.stream(run.inputs, context, run.emitted)) {
        for (const one of createRedaction(secrets).inEmissions([emission])) await run.emit(one);
        run.signal.throwIfAborted();
      }
      return [];
    }
    const emissions = await emissionsOf(run.block, run.inputs, context);
    return createRedaction(secrets).inEmissions(emissions);
  } catch (error) {
    throw createRedaction(secrets).inError(error);
  } finally {
    const used = run.meter.reported();
    if (used) await recordUsage(deps, id, used);
  }
}

/** A usage that cannot be written loses no result. */
async function recordUsage({ db, log }: BlockRunDeps, id: NodeExecutionId, usage: Usage): Promise<void> {
  try {
    await addUsage(db, id, usage);
  } catch (err) {
    log.warn({ nodeExecutionId: id, usage, err }, "usage not recorded");
  }
}

function memoryOf(db: Database, executionId: ExecutionId): BlockContext["memory"] {
  const place = (scope: string, key: string) => ({ executionId, ofGraph: scope === "within_agent", key });
  return {
    read: (scope, key) => persist(() => readMemory(db, place(scope, key))),
    write: (scope, key, value) => persist(() => writeMemory(db, place(scope, key), value)),
  };
}

function filesOf(db: Database, ownerId: string, rootId: ExecutionId, maxBytes: number): BlockContext["files"] {
  return {
    maxBytes,
    store: (content) => persist(() => saveFile(db, ownerId, content, rootId)),
    read: (id) => persist(() => readFile(db, ownerId, id, rootId)),
  };
}

async function emissionsOf(block: Block | undefined, inputs: Inputs, context: BlockContext): Promise<Emission[]> {
  if (isRemote(block)) return [...(await block.run(inputs, context))];
  if (isInline(block)) return [...(await (block.runRemote?.(inputs, context) ?? block.run(inputs)))];
  throw new Error("this block does not run as an activity");
}
