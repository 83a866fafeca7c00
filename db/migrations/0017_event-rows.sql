ALTER TABLE "events" RENAME TO "event_rows";--> statement-breakpoint
ALTER TABLE "event_rows" RENAME CONSTRAINT "events_root_id_seq_pk" TO "event_rows_root_id_seq_pk";--> statement-breakpoint
ALTER TABLE "event_rows" ADD COLUMN "more" json;--> statement-breakpoint
CREATE VIEW "public"."events" AS (
  select r.root_id, r.seq as row_seq, v.seq, v.type, r.at, v.execution_id, v.node_execution_id, v.data
    from event_rows r
    cross join lateral (
      select r.seq, r.type, r.execution_id, r.node_execution_id, r.data
      union all
      select r.seq + m.nth, m.event ->> 'type', coalesce((m.event ->> 'execution')::uuid, r.execution_id), (m.event ->> 'node')::uuid,
          case json_typeof(m.event -> 'data') when 'string' then (m.event ->> 'data')::json else m.event -> 'data' end
        from json_array_elements(r.more) with ordinality as m (event, nth)
    ) v);--> statement-breakpoint
-- Rows that commit_step takes (db/step-documents.ts): a composite type is read three times as fast as the same rows in JSON.
CREATE TYPE "step_node" AS (u int, id uuid, node_id text, block_id text, placement placement, ordinal int, status status, end_reason end_reason,
  inputs json, error json, missing_pins text[], child_execution_id uuid, map_items int, map_admitted int, iteration int, host_id uuid,
  resurrects uuid, wake_in bigint, wakes_left int, review json, emitted int, delivered int, closed boolean, charge bigint,
  queued int, started int, ended int);--> statement-breakpoint
CREATE TYPE "step_output" AS (u int, id uuid, ordinal int, pin text, value json);
