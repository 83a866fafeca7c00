-- Repairs one orphan in the transaction that records it: the fence or the outbox row, an event of its tree, and the count.
-- p_doc: executionId (whose tree it is), kind, action (fence | start | poke | stop | terminate), subjectId (of the outbox row), fence, data (of the event).
-- False: there was nothing to do any more, and nothing is written.
create or replace function repair_orphan(p_doc json) returns boolean
language plpgsql volatile as $$
declare
  v_id uuid := p_doc ->> 'executionId';
  v_kind text := p_doc ->> 'kind';
  v_action text := p_doc ->> 'action';
  v_subject uuid := p_doc ->> 'subjectId';
  v_root uuid;
  v_seq bigint;
  v_at timestamptz;
  v_acted boolean;
begin
  select root_id into v_root from executions where id = v_id;
  perform go_before_steps(v_root);
  perform 1 from trees where root_id = v_root for no key update;
  -- A new snapshot from here on: see commit_step.
  v_at := date_trunc('milliseconds', clock_timestamp());
  if v_action = 'fence' then
    v_acted := (open_fence(p_doc -> 'fence') ->> 'opened')::boolean;
  elsif v_action = 'terminate' then
    v_acted := true; -- done at Temporal; here it is only recorded
  else
    insert into outbox (kind, subject_id, due_at)
      select v_action, v_subject, v_at where not exists (select 1 from outbox where subject_id = v_subject and kind = v_action);
    v_acted := found;
  end if;
  if v_acted is not true then
    return false;
  end if;

  update trees set seq = seq + 1 where root_id = v_root returning seq into v_seq;
  insert into event_rows (root_id, seq, type, at, execution_id, data)
    values (v_root, v_seq, 'orphan.repaired', v_at, v_id, p_doc -> 'data');
  insert into auditor (orphans) values (jsonb_build_object(v_kind, 1))
    on conflict (id) do update set orphans = auditor.orphans || jsonb_build_object(v_kind, coalesce((auditor.orphans ->> v_kind)::bigint, 0) + 1);
  return true;
end $$;
