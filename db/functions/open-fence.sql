-- Opens a fence and its stop, or joins the one that is there. O(1) in the size of the tree. Answers {stopId, opened, because}:
-- because = null | missing | ended (it had already ended by itself, nothing is written).
-- p_doc.endsAs: the target ends FAILED for this reason, with p_doc.error; without it TERMINATED, `stopped`.
-- p_doc.exceeded: the limit or the budget that was passed, and where; it has an event of its own.
create or replace function open_fence(p_doc json) returns json
language plpgsql volatile as $$
declare
  v_id uuid := p_doc ->> 'executionId';
  v_execution executions%rowtype;
  v_stop stops%rowtype;
  v_cascade boolean := (p_doc ->> 'cascade')::boolean;
  v_deadline timestamptz;
  v_at timestamptz;
  v_requested timestamptz := date_trunc('milliseconds', clock_timestamp());
  v_seq bigint;
  v_outer uuid;
  v_raised boolean;
begin
  select * into v_execution from executions where id = v_id;
  if not found then
    return json_build_object('because', 'missing');
  end if;
  perform go_before_steps(v_execution.root_id);
  perform 1 from trees where root_id = v_execution.root_id for no key update;
  -- A new snapshot from here on: see commit_step.
  select * into v_execution from executions where id = v_id;
  select * into v_stop from stops where execution_id = v_id;
  v_at := date_trunc('milliseconds', clock_timestamp());
  v_deadline := v_at + (p_doc ->> 'deadlineMs')::bigint * interval '1 millisecond';

  if v_stop.id is not null then
    -- Joined: `force` moves the deadline to now, a wish to cascade raises a `self` fence; neither goes back.
    if v_stop.status = 'STOPPING' then
      v_raised := v_cascade and not v_stop.cascade;
      update stops set
          deadline_at = case when (p_doc ->> 'force')::boolean then least(deadline_at, v_at) when v_raised then v_deadline else deadline_at end,
          cascade = cascade or v_cascade, include_detached = include_detached or coalesce((p_doc ->> 'includeDetached')::boolean, false)
        where id = v_stop.id;
      if v_raised then
        -- A new number: what the descendants have started up to here was theirs to start.
        update trees set seq = seq + 1 where root_id = v_execution.root_id returning seq into v_seq;
        update fences set scope = 'subtree', seq = v_seq where execution_id = v_id;
        insert into event_rows (root_id, seq, type, at, execution_id, data)
          values (v_execution.root_id, v_seq, 'stop.requested', v_at, v_id, json_build_object('stopId', v_stop.id, 'cause', p_doc ->> 'cause',
            'reason', p_doc ->> 'reason', 'requestedBy', p_doc ->> 'requestedBy', 'cascade', true));
        perform pg_notify('treeline_fence', json_build_object('executionId', v_id, 'stopId', v_stop.id)::text);
      end if;
    end if;
    return json_build_object('stopId', v_stop.id, 'opened', false);
  end if;
  if v_execution.ended_at is not null then
    return case when v_execution.stop_id is null then json_build_object('because', 'ended')
                else json_build_object('stopId', v_execution.stop_id, 'opened', false) end;
  end if;
  -- Under a fence of an ancestor there is nothing left to fence: the outer stop is the one.
  select f.stop_id into v_outer from path_fence(v_execution.root_id, v_id, v_execution.ancestors) f where f.scope = 'subtree';
  if v_outer is not null then
    return json_build_object('stopId', v_outer, 'opened', false);
  end if;

  if p_doc ->> 'exceeded' is not null then
    update trees set seq = seq + 1 where root_id = v_execution.root_id returning seq into v_seq;
    insert into event_rows (root_id, seq, type, at, execution_id, data)
      values (v_execution.root_id, v_seq, case when p_doc ->> 'cause' = 'budget' then 'budget.exhausted' else 'limit.exceeded' end, v_at, v_id, p_doc -> 'exceeded');
  end if;
  update trees set seq = seq + 1 where root_id = v_execution.root_id returning seq into v_seq;
  insert into stops (id, root_id, execution_id, owner_id, status, cause, reason, requested_by, cascade, include_detached, ends_as, error,
      deadline_at, requested_at, fenced_at, counts, leftovers)
    values ((p_doc ->> 'stopId')::uuid, v_execution.root_id, v_id, v_execution.owner_id, 'STOPPING', (p_doc ->> 'cause')::stop_cause, p_doc ->> 'reason',
      p_doc ->> 'requestedBy', v_cascade, coalesce((p_doc ->> 'includeDetached')::boolean, false), (p_doc ->> 'endsAs')::end_reason, (p_doc ->> 'error')::json,
      v_deadline, v_requested, v_at, '{}', '[]');
  insert into fences (execution_id, root_id, scope, stop_id, seq, created_at)
    values (v_id, v_execution.root_id, case when v_cascade then 'subtree' else 'self' end::fence_scope, (p_doc ->> 'stopId')::uuid, v_seq, v_at);
  insert into event_rows (root_id, seq, type, at, execution_id, data)
    values (v_execution.root_id, v_seq, 'stop.requested', v_at, v_id, json_build_object('stopId', p_doc ->> 'stopId', 'cause', p_doc ->> 'cause',
      'reason', p_doc ->> 'reason', 'requestedBy', p_doc ->> 'requestedBy', 'cascade', v_cascade));
  insert into outbox (kind, subject_id, due_at) values ('stop', (p_doc ->> 'stopId')::uuid, v_at);
  if v_cascade then
    perform pg_notify('treeline_fence', json_build_object('executionId', v_id, 'stopId', p_doc ->> 'stopId')::text);
  end if;
  return json_build_object('stopId', p_doc ->> 'stopId', 'opened', true);
end $$;
