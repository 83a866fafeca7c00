import { randomUUID } from "node:crypto";
import { BlockFailure, type RemoteBlock } from "../../blocks/block";
import { any, define, emitted, pins } from "../../blocks/pins";
import type { GraphNode } from "../../graph/definition";
import { faultsOf } from "../support/record";
import { shareEngine } from "../support/shared-engine";
import { draft } from "../unit/graph/fixtures";

type Act = (run: number, signal: AbortSignal) => Promise<void>;

/** A remote block that does as the running test says in its first, second … run; what it was given is noted. */
function createFlaky() {
  const keys: string[] = [];
  let act: Act | undefined;
  const block: RemoteBlock = {
    definition: define({
      id: randomUUID(),
      name: "Flaky",
      description: "",
      placement: "remote",
      inputSchema: pins({}),
      outputSchema: pins({ out: emitted(any, "") }),
    }),
    run: async (_inputs, { idempotencyKey, signal }) => {
      await act?.(keys.push(idempotencyKey), signal);
      return [{ pin: "out", value: keys.length }];
    },
  };
  function reset(next: Act) {
    keys.length = 0;
    act = next;
  }
  return { block, keys, reset };
}

const passing = (code: string) => new BlockFailure(code, "it may pass", { retryable: true });

const flaky = createFlaky();
const engineOf = shareEngine({ blocks: [flaky.block] });

async function setup(act: Act, more: Partial<GraphNode>) {
  const engine = engineOf();
  flaky.reset(act);
  const node: GraphNode = { id: "n", blockId: flaky.block.definition.id, constants: {}, ...more };
  const root = await engine.start(await engine.save(draft([node], [])));
  const events = async () => {
    const { rows } = await engine.db.pool.query<{ text: string }>(
      `select concat_ws(' ', type, data ->> 'attempt', data ->> 'code') as text from events
        where root_id = $1 and node_execution_id is not null and type <> 'node.output' order by seq`,
      [root],
    );
    return rows.map(({ text }) => text);
  };
  return { engine, root, events, keys: flaky.keys };
}

const quickly = { firstInterval: "1ms", backoff: 1 } as const;

test("a node is tried again as often as it says, every attempt is recorded, and all have one idempotency key", async () => {
  const failTwice = (run: number) => (run < 3 ? Promise.reject(passing("busy")) : Promise.resolve());
  const { engine, root, events, keys } = await setup(failTwice, { retry: { attempts: 3, ...quickly } });
  expect(await engine.ended(root)).toMatchObject({ status: "COMPLETED" });
  const [node] = await engine.nodes(root);
  expect(node).toMatchObject({ status: "COMPLETED", attempt: 3 });
  expect(keys).toEqual([node?.id, node?.id, node?.id]);
  expect(await events()).toEqual([
    "node.queued",
    "node.started 1",
    "node.retrying 1 busy",
    "node.started 2",
    "node.retrying 2 busy",
    "node.started 3",
    "node.completed",
  ]);
  expect(await faultsOf(engine.db)).toEqual([]);
});

test("the last attempt's failure is the node's", async () => {
  const { engine, root, keys } = await setup(() => Promise.reject(passing("busy")), {
    retry: { attempts: 2, ...quickly },
  });
  expect(await engine.ended(root)).toMatchObject({ status: "FAILED", endReason: "node_failed" });
  expect(await engine.nodes(root)).toMatchObject([{ status: "FAILED", attempt: 2, error: { code: "busy" } }]);
  expect(keys).toHaveLength(2);
});

test("a failure that the node names as final is not tried again", async () => {
  const { engine, root, events } = await setup(() => Promise.reject(passing("quota")), {
    retry: { attempts: 3, nonRetryable: ["quota"], ...quickly },
  });
  expect(await engine.ended(root)).toMatchObject({ status: "FAILED" });
  expect(await events()).toEqual(["node.queued", "node.started 1", "node.failed quota"]);
});

test("an attempt whose time is up is followed by the next", async () => {
  const untilAborted = (signal: AbortSignal) =>
    new Promise<void>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  const { engine, root, events } = await setup(
    (run, signal) => (run === 1 ? untilAborted(signal) : Promise.resolve()),
    {
      timeout: "50ms",
      retry: { attempts: 2, ...quickly },
    },
  );
  await engine.ended(root);
  expect((await events()).slice(0, 4)).toEqual([
    "node.queued",
    "node.started 1",
    "node.retrying 1 timed_out",
    "node.started 2",
  ]);
});
