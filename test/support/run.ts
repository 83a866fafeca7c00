import pino from "pino";
import { createActivities } from "../../activities/index";
import type { Block } from "../../blocks/block";
import { createCredentials } from "../../blocks/credential";
import { catalogOf, createRegistry } from "../../blocks/registry";
import type { Database } from "../../db/client";
import { createWaker } from "../../db/wake";
import { parseExecutionId, type ExecutionId } from "../../graph/ids";

/** The activities of a worker, to be called without Temporal; `more` are blocks beyond the built-in ones. */
export function openActivities(db: Database, more: readonly Block[] = []) {
  const blocks = createRegistry(more);
  return createActivities({
    db,
    blocks,
    catalog: catalogOf(blocks),
    surroundings: {
      allowPrivateAddresses: false,
      maxFileBytes: 1_000_000,
      models: null,
      credential: createCredentials([]),
    },
    isChainOpen: () => Promise.resolve(true),
    wake: createWaker(db),
    log: pino({ level: "silent" }),
  });
}

/** Moves executions on without Temporal: inline nodes and nested graphs; what needs a worker or a timer stays as it is. */
export function createRunner(db: Database, more: readonly Block[] = []): (executionId: string) => Promise<void> {
  const { record } = openActivities(db, more);

  async function run(executionId: ExecutionId): Promise<void> {
    const ran: ExecutionId[] = [];
    let { work } = await record.begin(executionId, `run of ${executionId}`);
    for (;;) {
      const children = work.flatMap((one) => (one.kind === "child" ? [one.executionId] : []));
      const next = children.filter((child) => !ran.includes(child));
      if (next.length === 0) return;
      for (const child of next) await run(child);
      ran.push(...next);
      ({ work } = await record.outstanding(executionId, []));
    }
  }

  return (executionId) => run(parseExecutionId(executionId));
}
