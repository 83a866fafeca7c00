import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "../../bench/figures";
import { connect } from "../../db/client";
import { commitStep } from "../../db/step";
import type { ExecutionId } from "../../graph/ids";
import { recordWideTree } from "../stop/wide-trees";
import { testDatabase } from "../support/database";
import { fence, queuedNode, unit } from "../support/factory";
import { faultsOf } from "../support/record";

const hour = 3_600_000;
const fences = 100;

async function setup(connections: number) {
  const { url } = await testDatabase();
  const db = connect(url, { max: connections });
  /** The rows of a root with `children` nested graphs of 9 nodes each, and the nested graphs. */
  async function record(children: number) {
    const root = await recordWideTree(db, children, 9);
    const { rows } = await db.pool.query<{ id: ExecutionId }>(
      "select id from executions where root_id = $1 and depth = 1 order by id",
      [root],
    );
    await db.pool.query("vacuum analyze");
    return { root, children: rows.map(({ id }) => id) };
  }
  return { url, db, record, [Symbol.asyncDispose]: () => db.close() };
}

type Bundle = Awaited<ReturnType<typeof setup>>;

async function timeFences({ db }: Bundle, ids: readonly ExecutionId[], pauseMs = 0): Promise<string> {
  const took: number[] = [];
  for (const id of ids.slice(0, fences)) {
    const since = performance.now();
    await fence(db, id);
    took.push(performance.now() - since);
    if (pauseMs > 0) await sleep(pauseMs);
  }
  expect(took).toHaveLength(fences);
  return [0.5, 0.99, 1].map((at) => `${percentile(took, at).toFixed(1)} ms`).join(", ");
}

test(
  "the fence of a tree of 100,000 rows and of one of 10",
  async () => {
    await using bundle = await setup(4);
    const small: ExecutionId[] = [];
    for (let tree = 0; tree < fences; tree++) small.push(...(await bundle.record(1)).children);
    const wide = await bundle.record(10_000);
    const ofSmall = await timeFences(bundle, small);
    process.stderr.write(`fences of trees of 11 rows, p50, p99, max: ${ofSmall}\n`);
    const ofWide = await timeFences(bundle, wide.children);
    process.stderr.write(`fences in a tree of 100,001 rows, p50, p99, max: ${ofWide}\n`);
    expect(await faultsOf(bundle.db)).toEqual([]);
  },
  hour,
);

test(
  "fences go before 32 connections that hammer the same tree with steps",
  async () => {
    await using bundle = await setup(40);
    const { root, children } = await bundle.record(32 + fences);
    const hammering = children.slice(0, 32);
    let steps = 0;
    let over = false;
    const hammers = hammering.map(async (id) => {
      for (let version = 1; !over; version++, steps++) {
        const inserts = [queuedNode(1)];
        const events = [{ type: "node.queued", executionId: id, nodeExecutionId: inserts[0]?.id }];
        const execution = { open: 1, waiting: 0, failed: 0, unhandled: 0 };
        expect(await commitStep(bundle.db, root, [unit(id, version, { inserts, events, execution })])).toEqual([null]);
      }
    });
    const began = performance.now();
    const took = await timeFences(bundle, children.slice(32), 50);
    over = true;
    await Promise.all(hammers);
    const rate = (1_000 * steps) / (performance.now() - began);
    process.stderr.write(`fences behind 32 connections, p50, p99, max: ${took}; ${rate.toFixed(0)} steps a second\n`);
    expect(steps).toBeGreaterThan(fences);
    expect(await faultsOf(bundle.db)).toEqual([]);
  },
  hour,
);
