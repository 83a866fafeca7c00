-- The budget of a tree stands on its root; what has been charged on the tree's row. Callers hold the lock of that row.

-- What the nodes that run are taken to cost. Not a counter: whatever ends a node execution frees what its start has reserved.
create or replace function reserved_of(p_root uuid) returns bigint
language sql stable as $$
  select coalesce(sum(n.reserved), 0)::bigint from node_executions n where n.root_id = p_root and n.reserved > 0 and n.ended_at is null
$$;

-- Ends the tree by the road of every stop: its root FAILED, `budget_exhausted`. p_wanted: what the node would have needed; 0: it has been charged.
create or replace function exhaust_budget(p_root uuid, p_stop uuid, p_execution uuid, p_node text, p_wanted bigint) returns json
language plpgsql volatile as $$
declare
  v_budget bigint;
  v_charge bigint;
  v_reserved bigint := reserved_of(p_root);
  v_message text;
begin
  select e.budget, t.charge into v_budget, v_charge from executions e join trees t on t.root_id = e.id where e.id = p_root;
  v_message := format('budget: this tree may cost %s, %s is charged', v_budget, v_charge)
    || case when p_wanted > 0 and v_reserved > 0 then format(', %s reserved for what runs', v_reserved) else '' end
    || case when p_wanted > 0 then format(', and node "%s" needs %s', p_node, p_wanted) else format(', by node "%s" at last', p_node) end;
  return open_fence(json_build_object('executionId', p_root, 'stopId', p_stop, 'cause', 'budget', 'reason', v_message, 'requestedBy', 'treeline',
    'deadlineMs', 15000, 'cascade', true, 'force', false, 'endsAs', 'budget_exhausted',
    'error', json_build_object('code', 'budget_exhausted', 'message', v_message, 'nodes', json_build_array(p_node)),
    'exceeded', json_build_object('budget', v_budget, 'charge', v_charge, 'reserved', v_reserved, 'wanted', p_wanted, 'executionId', p_execution, 'nodeId', p_node)));
end $$;
