-- What was started detached under an execution (p_subtree: and under its descendants), and again under what that started, the oldest first:
-- [{executionId, nodeExecutionId, status, stopId}]. Each is the root of a tree of its own; the limit `depth` bounds how far it goes.
create or replace function detached_under(p_root uuid, p_id uuid, p_subtree boolean) returns jsonb
language sql stable as $$
  with recursive started as (
    select d.id, d.origin_node_execution_id, d.status, d.created_at
      from executions e join executions d on d.origin_execution_id = e.id
     where e.root_id = p_root and e.detached_executions > 0 and (e.id = p_id or (p_subtree and p_id = any (e.ancestors)))
    union all
    select d.id, d.origin_node_execution_id, d.status, d.created_at
      from started s join executions e on e.root_id = s.id and e.detached_executions > 0 join executions d on d.origin_execution_id = e.id
  )
  select coalesce(jsonb_agg(jsonb_build_object('executionId', d.id, 'nodeExecutionId', d.origin_node_execution_id, 'status', d.status,
      'stopId', (select f.stop_id from fences f where f.execution_id = d.id)) order by d.created_at, d.id), '[]')
    from started d
$$;
