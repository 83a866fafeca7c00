import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { uuidv7 } from "uuidv7";
import { connect } from "../../db/client";
import type { ExecutionId, StopId } from "../../graph/ids";
import { fenceRequest } from "../support/factory";
import { createGate } from "../support/gate";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";
import { createDeaf, place, visitsOf } from "./blocks";
import { ask, closed, expectGone, reached } from "./receipt";
import { shareEngine } from "../support/shared-engine";

describe("a stop of node code that runs", () => {
  const [deaf, gate] = [createDeaf(), createGate()];
  const engineOf = shareEngine({ blocks: [deaf.block, gate.block] });

  describe("whose deadline", () => {
    /** An execution whose node does not hear an abort. */
    async function setup() {
      const engine = engineOf();
      const tag = randomUUID();
      const nodes = [place("n", deaf, { in: tag }), node("y", "AgentOutput", { name: "y" })];
      const id = await engine.start(await engine.save(draft(nodes, ["n.out -> y.value"])));
      await until(deaf.inside, (values) => values.includes(tag));
      return { engine, db: engine.db, tag, id, letGo: () => deaf.letGo(tag) };
    }
    const rowsOf = async (engine: ReturnType<typeof engineOf>, id: ExecutionId) => [
      await engine.read(id),
      await engine.nodes(id),
    ];

    test("is 0 s gives up at once what still runs, says so, and keeps nothing of what it says later", async () => {
      const { engine, db, id, tag, letGo } = await setup();
      const asked = await ask(engine, id, { deadlineMs: 0 });
      await reached(db, asked.id, "QUIESCED", "CLOSED");
      expect(deaf.inside()).toContain(tag); // its code runs on
      const [row] = await engine.nodes(id, "n");
      expect(row).toMatchObject({ status: "TERMINATED", endReason: "abandoned", attempt: 2 });
      expect(await engine.read(id)).toMatchObject({ status: "TERMINATED", endReason: "abandoned" });
      const before = await rowsOf(engine, id);
      letGo();
      const stop = await closed(db, asked.id);
      expect(stop).toMatchObject({
        outcome: "stopped_with_leftovers",
        leftovers: [{ executionId: id, nodeExecutionId: row?.id }],
        counts: { abandoned: 1, aborted: 0 },
      });
      await until(deaf.left, (values) => values.includes(tag));
      await expectGone(engine, id, stop);
      expect(await rowsOf(engine, id)).toEqual(before);
    });

    test("is longer than the work: it ends by itself, nothing is left over, and its result is not kept", async () => {
      const { engine, db, id, letGo } = await setup();
      const asked = await ask(engine, id, { deadlineMs: 600_000 });
      expect(await reached(db, asked.id, "STOPPING")).toMatchObject({ phases: { quiescedAt: null } });
      letGo();
      const stop = await closed(db, asked.id);
      expect(stop).toMatchObject({ outcome: "stopped", leftovers: [], counts: { aborted: 1, abandoned: 0 } });
      await expectGone(engine, id, stop);
      const read = await engine.read(id);
      expect(read.status).toBe("TERMINATED");
      expect(read.outputs).toEqual({});
    });

    test("is moved to now by force, also while the stop goes on", async () => {
      const { engine, db, id, letGo } = await setup();
      const asked = await ask(engine, id, { deadlineMs: 600_000 });
      expect((await ask(engine, id, { force: true })).id).toBe(asked.id);
      await reached(db, asked.id, "QUIESCED", "CLOSED");
      letGo();
      expect(await closed(db, asked.id)).toMatchObject({ outcome: "stopped_with_leftovers", counts: { abandoned: 1 } });
    });
  });

  describe("whose news", () => {
    async function setup() {
      const engine = engineOf();
      const tag = randomUUID();
      const visits = visitsOf(gate, tag);
      const id = await engine.start(await engine.save(draft([place("n", gate, { in: tag })], [])));
      await until(visits.inside, (inside) => inside === 1);
      return { ...visits, engine, id };
    }

    /**
     * Opens a fence whose NOTIFY nobody hears (another function of that name stands before Postgres' own), and that nobody
     * follows, nor the auditor (its right to audit is taken): the cancel of its workflow would be a way to hear of it too.
     */
    async function fenceUnheard(url: string, executionId: ExecutionId): Promise<StopId> {
      const stopId = uuidv7() as StopId;
      const session = new Client({ connectionString: url });
      await session.connect();
      await session.query("create schema if not exists mute");
      await session.query("create or replace function mute.pg_notify(text, text) returns void language sql as ''");
      await session.query("set search_path = mute, public, pg_catalog");
      await session.query("begin");
      await session.query("select open_fence($1)", [JSON.stringify({ ...fenceRequest, executionId, stopId })]);
      await session.query("delete from outbox where subject_id = $1", [stopId]);
      await session.query(
        "insert into auditor (holder, held_until) values (gen_random_uuid(), 'infinity') on conflict (id) do update set holder = excluded.holder, held_until = excluded.held_until",
      );
      await session.query("commit");
      await session.end();
      return stopId;
    }

    test("is lost on the way is found by the look of each second", async () => {
      const { engine, id, aborted } = await setup();
      const stopId = await fenceUnheard(engine.url, id);
      await until(aborted, (count) => count === 1);
      await engine.db.pool.query("update auditor set holder = null, held_until = null");
      expect((await ask(engine, id)).id).toBe(stopId);
      await expectGone(engine, id, await closed(engine.db, stopId));
    });

    test("finds no listener, as its connection was cut, is found when it listens again", async () => {
      const { engine, id, aborted } = await setup();
      const others = connect(engine.url, { max: 1 });
      const cut = async () => {
        const { rowCount } = await others.pool.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'treeline-listen' and datname = current_database()",
        );
        return rowCount;
      };
      await until(cut, (count) => (count ?? 0) > 0);
      const { id: stopId } = await ask(engine, id);
      await until(aborted, (count) => count === 1);
      await others.close();
      await expectGone(engine, id, await closed(engine.db, stopId));
    });
  });
});
