import { connect } from "../../db/client";
import { deleteOldEvents, deleteOldTrees, deleteTree } from "../../db/retention";
import { settleFenced } from "../../db/stops";
import { testDatabase } from "../support/database";
import { fence, ownerId } from "../support/factory";
import { readTable, startGrowth } from "../support/growth";

const dayMs = 86_400_000;

async function setup() {
  const { url } = await testDatabase();
  const db = connect(url, { max: 4 });
  /** The rows of every table that name this tree, by whatever column. */
  async function countRows(rootId: string): Promise<Record<string, number>> {
    const { rows: columns } = await db.pool.query<{ table: string; column: string }>(
      `select table_name as table, column_name as column from information_schema.columns
        where table_schema = 'public' and column_name in ('root_id', 'execution_id', 'node_execution_id', 'subject_id')`,
    );
    const { rows } = await db.pool.query<{ id: string }>(
      "select id from executions where root_id = $1 union all select id from node_executions where root_id = $1",
      [rootId],
    );
    const ids = [rootId, ...rows.map(({ id }) => id)];
    return {
      ids: ids.length,
      ...Object.fromEntries(
        await Promise.all(
          columns.map(async ({ table, column }) => {
            const query = `select count(*)::int as count from ${table} where ${column}::text = any ($1)`;
            const { rows: counted } = await db.pool.query<{ count: number }>(query, [ids]);
            return [`${table}.${column}`, counted[0]?.count ?? 0] as const;
          }),
        ),
      ),
    };
  }
  return { db, countRows, [Symbol.asyncDispose]: () => db.close() };
}

describe("deleting a tree", () => {
  test("leaves no row of it in any table, and all of another tree", async () => {
    await using bundle = await setup();
    const { db, countRows } = bundle;
    const tree = await startGrowth(db, 2);
    const other = await startGrowth(db, 1);
    await db.pool.query("insert into outputs select id, 0, 'out', '1' from node_executions");
    const { stopId } = await fence(db, tree.rootId);
    expect(await deleteTree(db, ownerId, tree.rootId)).toBe("live");
    while (!(await settleFenced(db, stopId, [])).quiesced);
    expect(await deleteTree(db, ownerId, tree.rootId)).toBe("live"); // its stop is not closed
    await db.pool.query("update stops set status = 'CLOSED', outcome = 'stopped'");
    const before = await countRows(tree.rootId);
    expect(before).toMatchObject({ ids: 6, "events.root_id": expect.any(Number), "outputs.node_execution_id": 2 });
    const others = await countRows(other.rootId);
    expect(await deleteTree(db, ownerId, tree.children[0] ?? tree.rootId)).toBeNull(); // any of its executions names it
    const left = Object.entries(await countRows(tree.rootId)).filter(([name, count]) => name !== "ids" && count > 0);
    expect(left).toEqual([]);
    const { rows } = await db.pool.query(
      "select 1 from outputs where node_execution_id not in (select id from node_executions)",
    );
    expect(rows).toEqual([]);
    expect(await countRows(other.rootId)).toEqual(others);
  });

  test("refuses what is live, what another owner has, what is gone", async () => {
    await using bundle = await setup();
    const { db } = bundle;
    const tree = await startGrowth(db);
    expect(await deleteTree(db, ownerId, tree.rootId)).toBe("live");
    await tree.end(tree.rootId);
    expect(await deleteTree(db, "somebody", tree.rootId)).toBe("missing");
    expect(await deleteTree(db, ownerId, tree.rootId)).toBeNull();
    expect(await deleteTree(db, ownerId, tree.rootId)).toBe("missing");
  });
});

describe("retention", () => {
  test("deletes trees that ended long enough ago, and no others", async () => {
    await using bundle = await setup();
    const { db } = bundle;
    const [old, recent, live] = [await startGrowth(db), await startGrowth(db), await startGrowth(db)];
    for (const tree of [old, recent]) await tree.end(tree.rootId);
    const age =
      "update executions set created_at = created_at - interval '9 days', ended_at = ended_at - interval '9 days' where id = $1";
    for (const tree of [old, live]) await db.pool.query(age, [tree.rootId]);
    expect(await deleteOldTrees(db, 7 * dayMs)).toBe(1);
    const { rows } = await db.pool.query<{ root_id: string }>("select root_id from trees");
    expect(rows.map((row) => row.root_id).sort()).toEqual([recent.rootId, live.rootId].sort());
  });

  test("deletes of each tree its oldest events, so that what is kept has no gap", async () => {
    await using bundle = await setup();
    const { db } = bundle;
    const [tree, young] = [await startGrowth(db), await startGrowth(db)];
    await tree.grow(tree.rootId, 6_000);
    await db.pool.query("update event_rows set at = at - interval '9 days' where root_id = $1", [tree.rootId]);
    await tree.grow(tree.rootId, 3);
    expect(await deleteOldEvents(db, 7 * dayMs)).toBe(6_002);
    expect((await readTable(db, tree.rootId)).map(({ seq }) => seq)).toEqual([6_003, 6_004, 6_005]);
    expect((await readTable(db, young.rootId)).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(await deleteOldEvents(db, 7 * dayMs)).toBe(0);
  });
});
