-- Pause: from its commit on nothing under the execution starts. O(1) in the size of the tree.
-- Answers {because}: null (held now) | held (it was already, itself) | missing | ended | fenced.
create or replace function open_hold(p_id uuid, p_reason text, p_by text) returns json
language plpgsql volatile as $$
declare
  v_execution executions%rowtype;
  v_seq bigint;
  v_at timestamptz;
begin
  select * into v_execution from executions where id = p_id;
  if not found then
    return json_build_object('because', 'missing');
  end if;
  perform 1 from trees where root_id = v_execution.root_id for no key update;
  -- A new snapshot from here on: see commit_step.
  select * into v_execution from executions where id = p_id;
  if v_execution.ended_at is not null then
    return json_build_object('because', 'ended');
  elsif exists (select 1 from path_fence(v_execution.root_id, p_id, v_execution.ancestors)) then
    return json_build_object('because', 'fenced');
  elsif exists (select 1 from holds where execution_id = p_id) then
    return json_build_object('because', 'held');
  end if;
  v_at := date_trunc('milliseconds', clock_timestamp());
  update trees set seq = seq + 1 where root_id = v_execution.root_id returning seq into v_seq;
  insert into holds (execution_id, root_id, reason, requested_by, seq, created_at) values (p_id, v_execution.root_id, p_reason, p_by, v_seq, v_at);
  insert into event_rows (root_id, seq, type, at, execution_id, data)
    values (v_execution.root_id, v_seq, 'execution.paused', v_at, p_id, json_build_object('reason', p_reason, 'requestedBy', p_by));
  return json_build_object('because', null);
end $$;

-- Resume: everything under the execution that no other hold covers is told to look again.
-- Answers {because}: null (released) | free (it was not held itself) | missing.
create or replace function release_hold(p_id uuid, p_by text) returns json
language plpgsql volatile as $$
declare
  v_root uuid;
  v_seq bigint;
  v_at timestamptz;
begin
  select root_id into v_root from executions where id = p_id;
  if not found then
    return json_build_object('because', 'missing');
  end if;
  perform 1 from trees where root_id = v_root for no key update;
  delete from holds where execution_id = p_id;
  if not found then
    return json_build_object('because', 'free');
  end if;
  v_at := date_trunc('milliseconds', clock_timestamp());
  update trees set seq = seq + 1 where root_id = v_root returning seq into v_seq;
  insert into event_rows (root_id, seq, type, at, execution_id, data)
    values (v_root, v_seq, 'execution.resumed', v_at, p_id, json_build_object('requestedBy', p_by));
  insert into outbox (kind, subject_id, due_at)
    select 'poke', e.id, v_at from executions e
     where e.root_id = v_root and e.ended_at is null and (e.id = p_id or p_id = any (e.ancestors)) and not path_held(v_root, e.id, e.ancestors);
  return json_build_object('because', null);
end $$;
