-- Deletes a tree with all that is known of it: node executions, values, events, stops. Answers null (deleted) | missing | live |
-- resumed (a rerun that goes on takes over what it has completed). Tables without a foreign key to the tree are listed here.
create or replace function delete_tree(p_root uuid) returns text
language plpgsql volatile as $$
declare
  v_blobs uuid[];
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
  delete from event_rows where root_id = p_root;
  delete from outbox b using executions e where e.root_id = p_root and b.subject_id = e.id;
  delete from outbox b using stops s where s.root_id = p_root and b.subject_id = s.id;
  delete from fences where root_id = p_root;
  -- Large values and files go with the last tree that uses them. Whoever is about to use one meets the key of blob_uses, and stores it again.
  with gone as (delete from blob_uses where root_id = p_root returning blob_id) select array_agg(blob_id) into v_blobs from gone;
  begin
    delete from blobs b where b.id = any (v_blobs) and not exists (select 1 from blob_uses u where u.blob_id = b.id);
  exception when foreign_key_violation then
    null; -- another tree has begun to use one just now: retention deletes the others
  end;
  delete from trees where root_id = p_root;
  return null;
end $$;
