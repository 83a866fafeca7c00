import pino from "pino";
import { createActivities } from "../../activities/index";
import { catalogOf, createRegistry } from "../../blocks/registry";
import type { Database } from "../../db/client";
import { createWaker } from "../../db/wake";
import { parseExecutionId, type ExecutionId } from "../../graph/ids";

/** Moves executions on without Temporal: inline nodes and nested graphs; what needs a worker or a timer stays as it is. */
export function createRunner(db: Database): (executionId: string) => Promise<void> {
  const blocks = createRegistry();
  const { record } = createActivities({
    db,
    blocks,
    catalog: catalogOf(blocks),
    allowPrivateAddresses: false,
    isChainOpen: () => Promise.resolve(true),
    wake: createWaker(db),
    log: pino({ level: "silent" }),
  });

  async function run(executionId: ExecutionId): Promise<void> {
    const { work } = await record.begin(executionId, `run of ${executionId}`);
    const children = work.flatMap((one) => (one.kind === "child" ? [one.executionId] : []));
    for (const child of children) await run(child);
    if (children.length > 0) await record.outstanding(executionId, []);
  }

  return (executionId) => run(parseExecutionId(executionId));
}
