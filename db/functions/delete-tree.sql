-- Deletes a tree with all that is known of it: node executions, values, events, stops. Answers null (deleted) | missing | live |
-- resumed (a rerun that goes on takes over what it has completed). Tables without a foreign key to the tree are listed here.
create or replace function delete_tree(p_root uuid) returns text
language plpgsql volatile as $$
begin
  perform 1 from trees where root_id = p_root for update;
  -- A new snapshot from here on: see commit_step.
  if not exists (select 1 from trees where root_id = p_root) then
    return 'missing';
  elsif exists (select 1 from trees where root_id = p_root and live_executions > 0)
     or exists (select 1 from stops where root_id = p_root and status <> 'CLOSED') then
    return 'live';
  elsif exists (select 1 from executions u join executions e on e.id = u.resumed_from where u.ended_at is null and e.root_id = p_root) then
    return 'resumed';
  end if;
  delete from outputs o using executions e, node_executions n
   where e.root_id = p_root and n.execution_id = e.id and o.node_execution_id = n.id;
  delete from node_executions n using executions e where e.root_id = p_root and n.execution_id = e.id;
  delete from events where root_id = p_root;
  delete from outbox b using executions e where e.root_id = p_root and b.subject_id = e.id;
  delete from outbox b using stops s where s.root_id = p_root and b.subject_id = s.id;
  delete from fences where root_id = p_root;
  delete from trees where root_id = p_root;
  return null;
end $$;
