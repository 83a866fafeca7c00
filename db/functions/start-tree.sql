-- A new tree: its row, its root execution, the first event and the outbox row that makes Temporal begin it. One round trip. null,
-- and nothing is written: it was to run the newest version of its graph (`ifNewest`), and there is a later one.
create or replace function start_tree(p_doc json) returns timestamptz
language plpgsql volatile as $$
declare
  v_id uuid := p_doc ->> 'id';
  v_at timestamptz := date_trunc('milliseconds', clock_timestamp());
begin
  if (p_doc ->> 'ifNewest')::boolean and exists (
      select 1 from graphs where id = (p_doc ->> 'graphId')::uuid and version > (p_doc ->> 'graphVersion')::int) then
    return null;
  end if;
  insert into trees (root_id, owner_id, seq, executions, live_executions, node_executions, max_depth, charge)
    values (v_id, p_doc ->> 'ownerId', 1, 1, 1, 0, 0, 0);
  insert into executions (id, root_id, ancestors, depth, owner_id, actor, graph_id, graph_version, status, inputs, masks, limits, labels, budget, priority,
      awaits_admission, created_seq, created_at)
    values (v_id, v_id, '{}', 0, p_doc ->> 'ownerId', p_doc ->> 'actor', (p_doc ->> 'graphId')::uuid, (p_doc ->> 'graphVersion')::int, 'QUEUED',
      (p_doc ->> 'inputs')::json, (p_doc ->> 'masks')::json, (p_doc ->> 'limits')::jsonb, (p_doc ->> 'labels')::jsonb, (p_doc ->> 'budget')::bigint, (p_doc ->> 'priority')::int,
      coalesce((p_doc ->> 'awaitsAdmission')::boolean, false), 1, v_at);
  insert into event_rows (root_id, seq, type, at, execution_id) values (v_id, 1, 'execution.queued', v_at, v_id);
  insert into blob_uses (root_id, blob_id) select v_id, b::uuid from json_array_elements_text(p_doc -> 'blobs') as b;
  -- Files that its inputs name, as far as they are there.
  insert into blob_uses (root_id, blob_id)
    select v_id, b.id from blobs b
     where b.id = any (array(select f::uuid from json_array_elements_text(p_doc -> 'files') as f)) and b.owner_id = p_doc ->> 'ownerId'
    on conflict do nothing;
  -- The caller tries at once; the dispatcher only if it could not.
  if not coalesce((p_doc ->> 'awaitsAdmission')::boolean, false) then
    insert into outbox (kind, subject_id, due_at) values ('start', v_id, v_at + interval '2 seconds');
  end if;
  return v_at;
end $$;
