import { commitStep } from "../../db/step";
import { beginWithChildren, beginWithNodes, fence, newExecutionId } from "../support/factory";
import { testTree } from "../support/tree";

/** A RUNNING root with a RUNNING nested graph, which has one QUEUED remote node; a review that waits. */
async function setup() {
  const tree = await testTree();
  const { unit: first, ids } = beginWithChildren(tree.root, tree.graph, 1);
  const child = ids[0] ?? newExecutionId();
  await commitStep(tree.db, tree.root, [first]);
  await commitStep(tree.db, tree.root, [beginWithNodes(child, 1).unit]);
  await fence(tree.db, child);
  await tree.db.pool.query("insert into auditor default values");
  await tree.db.pool.query(
    "insert into reviews (id, execution_id, root_id, owner_id, status, editable, created_at) values (gen_random_uuid(), $1, $1, 'ada', 'waiting', true, now())",
    [tree.root],
  );
  return tree;
}

const ofRoot = "update executions set %s where depth = 0";
const ofChild = "update executions set %s where depth = 1";
const ofNode = "update node_executions set %s where placement = 'remote'";
const ended = "ended_at = now(), open = 0, waiting = 0";

/** By constraint: what it refuses, in the words of SQL. */
const refused: readonly (readonly [constraint: string, statement: string, change: string])[] = [
  ["ended_iff_terminal", ofRoot, "status = 'COMPLETED', end_reason = 'finished', open = 0"],
  ["ended_iff_terminal", ofRoot, ended],
  ["reason_fits_status", ofRoot, `status = 'COMPLETED', end_reason = 'stopped', ${ended}`],
  ["reason_fits_status", ofRoot, `status = 'COMPLETED', ${ended}`],
  ["reason_fits_status", ofRoot, `status = 'FAILED', end_reason = 'finished', ${ended}`],
  ["reason_fits_status", ofRoot, `status = 'FAILED', ${ended}`],
  ["reason_fits_status", ofRoot, `status = 'TERMINATED', end_reason = 'unfed', ${ended}`],
  ["reason_fits_status", ofRoot, `status = 'TERMINATED', ${ended}`],
  ["reason_fits_status", ofRoot, "end_reason = 'finished'"],
  ["started_before_running", ofRoot, "started_at = null"],
  ["started_before_running", ofRoot, `started_at = null, status = 'COMPLETED', end_reason = 'finished', ${ended}`],
  ["counts_not_negative", ofRoot, "open = -1, waiting = -1"],
  ["counts_not_negative", ofRoot, "waiting = open + 1"],
  ["nothing_open_when_ended", ofRoot, "status = 'TERMINATED', end_reason = 'stopped', ended_at = now(), open = 1"],
  ["depth_is_ancestors", ofChild, "depth = 2"],
  ["root_has_no_parent", ofRoot, "parent_id = id"],
  ["root_has_no_parent", ofChild, "parent_id = null"],
  ["ancestors_lead_to_parent", ofChild, "ancestors = array[id]"],
  ["lineage_holds_depth", ofChild, "lineage_depth = 0"],
  ["only_roots_are_detached", ofChild, "origin_execution_id = id"],
  ["resurrections_not_negative", ofRoot, "resurrections = -1"],
  ["item_has_a_map", ofRoot, "item = 0"],
  ["item_has_a_map", ofChild, "item = -1"],
  ["budget_not_negative", ofRoot, "budget = -1"],
  ["live_within_all", "update trees set %s", "live_executions = executions + 1"],
  ["live_within_all", "update trees set %s", "live_executions = -1"],
  ["charge_not_negative", "update trees set %s", "charge = -1"],
  ["node_charge_not_negative", ofNode, "charge = -1"],
  ["node_charge_not_negative", ofNode, "reserved = -1"],
  ["node_failed_attempt_was_minted", ofNode, "failed_attempt = attempt + 1"],
  ["node_charged_at_its_end", ofNode, "charge = 1"],
  ["node_ended_iff_terminal", ofNode, "status = 'COMPLETED', end_reason = 'finished'"],
  ["node_ended_iff_terminal", ofNode, "ended_at = now()"],
  ["node_closed_when_ended", ofNode, "closed = true"],
  ["node_queued_unless_incomplete", ofNode, "queued_seq = null"],
  ["node_delivered_within_emitted", ofNode, "delivered = 1"],
  ["node_wait_has_time", ofNode, "status = 'WAITING'"],
  ["node_map_counts", ofNode, "map_items = 2, map_admitted = 3"],
  ["node_map_counts", ofNode, "map_items = 2, map_admitted = 1, map_ended = 2"],
  ["node_map_counts", ofNode, "map_admitted = 1"],
  ["node_map_ends_last", ofNode, "map_items = 1, status = 'COMPLETED', end_reason = 'finished', ended_at = now()"],
  ["node_reason_fits_status", ofNode, "status = 'COMPLETED', end_reason = 'unfed', ended_at = now()"],
  ["node_reason_fits_status", ofNode, "status = 'FAILED', end_reason = 'stopped', ended_at = now()"],
  ["node_reason_fits_status", ofNode, "status = 'TERMINATED', end_reason = 'lost', ended_at = now()"],
  ["node_reason_fits_status", ofNode, "end_reason = 'lost'"],
  ["closed_iff_outcome", "update stops set %s", "status = 'CLOSED'"],
  ["closed_iff_outcome", "update stops set %s", "outcome = 'stopped'"],
  ["decided_iff_not_waiting", "update reviews set %s", "status = 'approved'"],
  ["decided_iff_not_waiting", "update reviews set %s", "decided_at = now()"],
  ["auto_approve_is_approved", "update reviews set %s", "auto_approve = true"],
  ["auditor_has_one_row", "update auditor set %s", "id = 2"],
  ["version_from_one", "update graphs set %s", "version = 0"],
];

test("the checks of the record refuse what cannot be", async () => {
  await using tree = await setup();
  for (const [constraint, statement, change] of refused) {
    const error: unknown = await tree.db.pool.query(statement.replace("%s", change)).catch((thrown: unknown) => thrown);
    expect({ change, error }).toMatchObject({ change, error: { constraint } });
  }
});

test("the record names no more checks than are tried", async () => {
  await using tree = await setup();
  const { rows } = await tree.db.pool.query<{ name: string }>(
    "select conname as name from pg_constraint where contype = 'c' and connamespace = 'public'::regnamespace order by 1",
  );
  expect(rows.map(({ name }) => name)).toEqual([...new Set(refused.map(([name]) => name))].sort());
});
