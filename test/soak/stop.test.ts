import { randomUUID } from "node:crypto";
import { closeStop, settleFenced } from "../../db/stops";
import { connect } from "../../db/client";
import { drawOffsets, stopDuringBirth } from "../stop/births";
import { place, visitsOf } from "../stop/blocks";
import { checkHolds } from "../stop/hold-property";
import { openStage } from "../stop/kills";
import { checkStops } from "../stop/property";
import { ask, closed, expectGone } from "../stop/receipt";
import { shareEngine } from "../support/shared-engine";
import { treeOf } from "../stop/trees";
import { recordWideTree } from "../stop/wide-trees";
import { parseStopId } from "../../graph/ids";
import { testDatabase } from "../support/database";
import { fence } from "../support/factory";
import { createGate } from "../support/gate";
import { countLive, faultsOf } from "../support/record";
import { until } from "../support/wait";

const hour = 3_600_000;
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** For docs/stop.md. */
function tell(what: string, figure: string): void {
  process.stderr.write(`${what}: ${figure}\n`);
}

describe("on real workflows", () => {
  const gate = createGate();
  const engineOf = shareEngine({ blocks: [gate.block] });
  const setup = () => {
    const tag = randomUUID();
    return { engine: engineOf(), hold: place("hold", gate, { in: tag }), ...visitsOf(gate, tag) };
  };

  test(
    "100 moments of the birth of a tree of 1 + 10 + 100 leave nothing of it",
    async () => {
      const { engine, hold, inside } = setup();
      const graph = await engine.save(treeOf([10, 10], [hold]));
      const sizes: number[] = [];
      for (const offset of drawOffsets(100, 600, 1)) {
        const { stop } = await stopDuringBirth(engine, graph, offset);
        sizes.push(stop.counts.executions);
      }
      expect(inside()).toBe(0);
      const { rows } = await engine.db.pool.query<{ started: number; live: number }>(
        `select (sum((proof ->> 'startedAfterFence')::int))::int as started, (sum((proof ->> 'liveDescendants')::int))::int as live from stops`,
      );
      expect(rows).toEqual([{ started: 0, live: 0 }]);
      tell("births stopped", `${sizes.length}, with ${Math.min(...sizes)} to ${Math.max(...sizes)} executions`);
    },
    hour,
  );

  test(
    "1,000 workflows are stopped within the deadline",
    async () => {
      const { engine, hold, inside } = setup();
      const root = await engine.start(await engine.save(treeOf([10, 100], [hold])));
      await until(inside, (count) => count === 1_000, 10 * 60_000);
      const { id } = await ask(engine, root);
      const stop = await closed(engine.db, id, 10 * 60_000);
      await expectGone(engine, root, stop);
      const { fencedAt, quiescedAt, closedAt } = stop.phases;
      const after = (time: string | null) => seconds(Date.parse(String(time)) - Date.parse(String(fencedAt)));
      expect(stop.leftovers).toEqual([]);
      tell(`${stop.counts.executions} workflows`, `quiesced ${after(quiescedAt)}, closed ${after(closedAt)}`);
    },
    hour,
  );
});

test(
  "12,000 nested graphs with 5 nodes each are swept, no statement longer than a second",
  async () => {
    const { url } = await testDatabase();
    const db = connect(url, { max: 4 });
    try {
      const root = await recordWideTree(db, 12_000, 5);
      const { stopId } = await fence(db, root);
      const took: number[] = [];
      for (let quiesced = false; !quiesced;) {
        const since = performance.now();
        ({ quiesced } = await settleFenced(db, stopId, []));
        took.push(performance.now() - since);
      }
      await closeStop(db, stopId);
      expect(await countLive(db, root)).toBe(0);
      expect(await faultsOf(db)).toEqual([]);
      tell(
        "12,000 children",
        `${took.length} sweeps in ${seconds(took.reduce((a, b) => a + b))}, the longest ${seconds(Math.max(...took))}`,
      );
      expect(Math.max(...took)).toBeLessThan(1_000);
    } finally {
      await db.close();
    }
  },
  hour,
);

test(
  "1,000 random trees are stopped at random moments",
  async () => {
    await expect(checkStops({ numRuns: 1_000 })).resolves.toBeUndefined();
  },
  hour,
);

test(
  "500 random trees are paused, resumed and stopped in random orders",
  async () => {
    await expect(checkHolds({ numRuns: 500 })).resolves.toBeUndefined();
  },
  hour,
);

describe.each(["after-fence", "after-push", "in-sweep", "before-receipt"])("at the point %s of a stop", (point) => {
  test(
    "worker and api die together, and others go on with it",
    async () => {
      await using stage = await openStage();
      const api = await stage.runApi();
      const worker = await stage.runWorker(point);
      const root = await stage.startHeld();
      await stage.dispatcher.close();
      const asking = api.post(`/v1/executions/${root}/stop`).catch(() => null);
      expect(await worker.ended()).toBe("SIGKILL");
      await api.kill();
      await asking;
      const { rows } = await stage.db.pool.query<{ id: string }>("select id from stops");
      await stage.replaceWorker();
      const other = await stage.runApi();
      await expectGone(stage, root, await closed(stage.db, parseStopId(String(rows[0]?.id))));
      await other.kill(); // before its database is dropped
    },
    hour,
  );
});
