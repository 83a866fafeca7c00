-- Notes that an attempt has failed and another one will follow. p_over: its code has ended, so that a stop that comes before the next attempt need not
-- wait for anybody. Answers whether it counts: not that of an attempt that was given up
-- or has ended, nor under a fence, which lets no other attempt start.
drop function if exists note_retry(uuid, uuid, int, json);
create or replace function note_retry(p_root uuid, p_id uuid, p_attempt int, p_data json, p_over boolean) returns boolean
language plpgsql volatile as $$
declare
  v_execution uuid;
  v_seq bigint;
begin
  perform 1 from trees where root_id = p_root for no key update;
  -- A new snapshot from here on: see commit_step.
  select e.id into v_execution
    from node_executions n join executions e on e.id = n.execution_id
   where n.id = p_id and n.root_id = p_root and n.ended_at is null and n.attempt = p_attempt and n.failed_attempt is distinct from p_attempt
     and not exists (select 1 from path_fence(p_root, e.id, e.ancestors));
  if not found then
    return false;
  end if;
  update node_executions set failed_attempt = p_attempt where id = p_id and p_over;
  update trees set seq = seq + 1 where root_id = p_root returning seq into v_seq;
  insert into event_rows (root_id, seq, type, at, execution_id, node_execution_id, data)
    values (p_root, v_seq, 'node.retrying', date_trunc('milliseconds', clock_timestamp()), v_execution, p_id, p_data);
  return true;
end $$;
