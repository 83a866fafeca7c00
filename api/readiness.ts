import type { Client } from "@temporalio/client";
import type { Database } from "../db/client";
import { isMigrated } from "../db/migrated";

/** One thing that has to be there before requests make sense. `missing`: what is not, and what helps; null: it is there. */
export type Check = { readonly name: "postgres" | "temporal" | "workers"; readonly missing: string | null };

export type ReadinessDeps = { readonly db: Database; readonly client: Client; readonly taskQueue: string };

const answerWithinMs = 2_000;
/** A worker asks for work again after 60 s at the latest; Temporal lists one for minutes after it has gone. */
const seenWithinMs = 75_000;
/** TASK_QUEUE_TYPE_WORKFLOW of Temporal's API. */
const workflowTasks = 1;

/** Answers all checks within about two seconds; never throws. */
export async function checkReadiness({ db, client, taskQueue }: ReadinessDeps): Promise<Check[]> {
  const [postgres, [temporal, workers]] = await Promise.all([checkPostgres(db), checkTemporal(client, taskQueue)]);
  return [
    { name: "postgres", missing: postgres },
    { name: "temporal", missing: temporal },
    { name: "workers", missing: workers },
  ];
}

async function checkPostgres(db: Database): Promise<string | null> {
  try {
    const migrated = await within(answerWithinMs, isMigrated(db));
    return migrated ? null : "the database has not the tables of this version: run the migration";
  } catch {
    return "Postgres does not answer: look at DATABASE_URL";
  }
}

async function checkTemporal(client: Client, taskQueue: string): Promise<[string | null, string | null]> {
  const asked = { namespace: client.options.namespace, taskQueue: { name: taskQueue }, taskQueueType: workflowTasks };
  try {
    const { pollers } = await client.withDeadline(Date.now() + answerWithinMs, () =>
      client.workflowService.describeTaskQueue(asked),
    );
    const oldest = Date.now() - seenWithinMs;
    const seen = pollers.some(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000 >= oldest);
    return [null, seen ? null : `no worker polls the task queue "${taskQueue}": start one`];
  } catch {
    return ["Temporal does not answer: look at TEMPORAL_ADDRESS", "not known while Temporal does not answer"];
  }
}

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer in time")), ms);
  });
  return await Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
