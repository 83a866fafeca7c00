-- A stopped nested graph tells its parent's node: TERMINATED (FAILED where it was stopped by what it ran into), and its `error` pin fires
-- (unless the nested graph has an output of that name). That of a map's item is counted as failed, and its node goes on. A *relay* step: only while the parent's own path is open, else the parent's node is settled by the fence above it.
create or replace function relay_stop(p_child uuid, p_stop uuid) returns void
language plpgsql volatile as $$
declare
  v_child executions%rowtype;
  v_node node_executions%rowtype;
  v_seq bigint;
  v_at timestamptz := date_trunc('milliseconds', clock_timestamp());
  v_message text;
  v_status status;
  v_reason end_reason;
begin
  select * into v_child from executions where id = p_child;
  if v_child.parent_id is null
     or exists (select 1 from path_fence(v_child.root_id, v_child.parent_id, v_child.ancestors) f where f.scope = 'subtree') then
    return;
  end if;
  if v_child.item is not null then
    update node_executions set map_ended = map_ended + 1, map_failed = map_failed + 1 where id = v_child.parent_node_execution_id and ended_at is null;
    if found then
      update trees set seq = seq + 1 where root_id = v_child.root_id returning seq into v_seq;
      insert into event_rows (root_id, seq, type, at, execution_id, node_execution_id, data)
        values (v_child.root_id, v_seq, 'child.ended', v_at, v_child.parent_id, v_child.parent_node_execution_id,
          json_build_object('childExecutionId', p_child, 'item', v_child.item, 'endReason', v_child.end_reason, 'stopId', p_stop));
      insert into outbox (kind, subject_id, due_at) values ('poke', v_child.parent_id, v_at);
    end if;
    return;
  end if;
  v_status := case when v_child.status = 'FAILED' then 'FAILED' else 'TERMINATED' end;
  v_reason := case when v_child.status = 'FAILED' then v_child.end_reason else 'stopped' end;
  v_message := coalesce(v_child.error ->> 'message', format('the nested graph was stopped (execution %s, stop %s)', p_child, p_stop));
  update node_executions set status = v_status, end_reason = v_reason, ended_at = v_at,
      error = json_build_object('code', coalesce(v_child.error ->> 'code', 'stopped'), 'message', v_message, 'childExecutionId', p_child)
   where id = v_child.parent_node_execution_id and ended_at is null
  returning * into v_node;
  if not found then
    return;
  end if;
  if not exists (select 1 from graphs g where g.id = v_child.graph_id and g.version = v_child.graph_version and g.output_schema -> 'properties' -> 'error' is not null) then
    insert into outputs (node_execution_id, ordinal, pin, value) values (v_node.id, v_node.emitted, 'error', to_json(v_message));
    update node_executions set emitted = emitted + 1 where id = v_node.id;
  end if;
  update trees set seq = seq + 1 where root_id = v_child.root_id returning seq into v_seq;
  update node_executions set ended_seq = v_seq where id = v_node.id;
  insert into event_rows (root_id, seq, type, at, execution_id, node_execution_id, data)
    values (v_child.root_id, v_seq, case when v_status = 'FAILED' then 'node.failed' else 'node.terminated' end, v_at, v_node.execution_id, v_node.id,
      json_build_object('nodeId', v_node.node_id, 'endReason', v_reason, 'childExecutionId', p_child, 'stopId', p_stop));
  insert into outbox (kind, subject_id, due_at) values ('poke', v_child.parent_id, v_at);
end $$;
