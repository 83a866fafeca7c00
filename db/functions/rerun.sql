-- A rerun: a new tree with the inputs, limits and labels of an ended execution, whose completed nodes it takes over as it meets them again.
-- Answers {because}: null (recorded) | live | missing.
create or replace function rerun_tree(p_doc json) returns json
language plpgsql volatile as $$
declare
  v_id uuid := p_doc ->> 'id';
  v_old executions%rowtype;
  v_at timestamptz := date_trunc('milliseconds', clock_timestamp());
begin
  select * into v_old from executions where id = (p_doc ->> 'resumedFrom')::uuid;
  if not found then
    return json_build_object('because', 'missing');
  elsif v_old.ended_at is null then
    return json_build_object('because', 'live');
  end if;
  insert into trees (root_id, owner_id, seq, executions, live_executions, node_executions, max_depth, charge)
    values (v_id, v_old.owner_id, 1, 1, 1, 0, 0, 0);
  insert into executions (id, root_id, ancestors, depth, owner_id, actor, graph_id, graph_version, status, inputs, masks, limits, labels, budget, priority,
      resumed_from, rerun_except, rerun_from_seq, awaits_admission, created_seq, created_at)
    values (v_id, v_id, '{}', 0, v_old.owner_id, p_doc ->> 'actor', v_old.graph_id, v_old.graph_version, 'QUEUED', v_old.inputs, v_old.masks, v_old.limits, v_old.labels,
      v_old.budget, v_old.priority, v_old.id, (select array_agg(x) from json_array_elements_text(p_doc -> 'except') as x), (p_doc ->> 'fromSeq')::bigint,
      coalesce((p_doc ->> 'awaitsAdmission')::boolean, false), 1, v_at);
  -- What it takes over refers to the same.
  insert into blob_uses (root_id, blob_id) select v_id, u.blob_id from blob_uses u where u.root_id = v_old.root_id;
  insert into event_rows (root_id, seq, type, at, execution_id, data) values (v_id, 1, 'execution.queued', v_at, v_id, json_build_object('resumedFrom', v_old.id));
  if not coalesce((p_doc ->> 'awaitsAdmission')::boolean, false) then
    insert into outbox (kind, subject_id, due_at) values ('start', v_id, v_at + interval '2 seconds');
  end if;
  return json_build_object('because', null);
end $$;

-- The nested graph of the earlier run that stands for the p_nth of equal ones admitted together, unless another has taken it.
-- STABLE: of what the calling insert has written so far it must see nothing, or it would count twice.
create or replace function earlier_child(p_from uuid, p_parent uuid, p_except text[], p_from_seq bigint, p_graph uuid, p_inputs text, p_nth bigint) returns uuid
language sql stable as $$
  select o.id from executions o join node_executions n on n.id = o.parent_node_execution_id
   where o.parent_id = p_from and o.graph_id = p_graph and o.inputs::text = p_inputs
     and not (n.node_id = any (coalesce(p_except, '{}')) and n.seq >= p_from_seq)
     and not exists (select 1 from executions u where u.parent_id = p_parent and u.resumed_from = o.id)
   order by o.created_seq
   offset p_nth - 1 limit 1
$$;
