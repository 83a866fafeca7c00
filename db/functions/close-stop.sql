-- QUIESCED → CLOSED: no workflow is open. The receipt is computed here, by query: counts, leftovers, and the proof by numbers.
create or replace function close_stop(p_stop uuid, p_cancelled int) returns void
language plpgsql volatile as $$
declare
  v_stop stops%rowtype;
  v_fence fences%rowtype;
  v_seq bigint;
  v_at timestamptz;
  v_executions int;
  v_already int;
  v_live int;
  v_started int;
  v_charged int;
  v_leftovers jsonb;
  v_target executions%rowtype;
begin
  select * into v_stop from stops where id = p_stop;
  perform 1 from trees where root_id = v_stop.root_id for no key update;
  -- A new snapshot from here on: see commit_step.
  select * into v_stop from stops where id = p_stop;
  if v_stop.status <> 'QUIESCED' then
    return;
  end if;
  select * into v_fence from fences where execution_id = v_stop.execution_id;
  select * into v_target from executions where id = v_stop.execution_id;
  v_at := date_trunc('milliseconds', clock_timestamp());

  select count(*), count(*) filter (where e.ended_seq < v_fence.seq), count(*) filter (where e.ended_at is null),
      count(*) filter (where e.created_seq > v_fence.seq) + count(*) filter (where e.started_seq > v_fence.seq)
    into v_executions, v_already, v_live, v_started
    from executions e
   where e.root_id = v_stop.root_id and (e.id = v_target.id or (v_fence.scope = 'subtree' and v_target.id = any (e.ancestors)));
  -- A segment's own nodes start and end in the step that records them, so ones in the record count like all others.
  select v_started + count(*) filter (where n.started_seq > v_fence.seq), count(*) filter (where n.charge > 0 and n.ended_seq > v_fence.seq),
      coalesce(jsonb_agg(jsonb_build_object('executionId', n.execution_id, 'nodeExecutionId', n.id, 'why', 'its code had not ended at the deadline'))
        filter (where n.end_reason = 'abandoned'), '[]')
    into v_started, v_charged, v_leftovers
    from executions e join node_executions n on n.execution_id = e.id
   where e.root_id = v_stop.root_id and (e.id = v_target.id or (v_fence.scope = 'subtree' and v_target.id = any (e.ancestors)))
     and (n.started_seq > v_fence.seq or n.ended_seq > v_fence.seq);

  update trees set seq = seq + 1 where root_id = v_stop.root_id returning seq into v_seq;
  update stops set status = 'CLOSED', closed_at = v_at, leftovers = v_leftovers,
      outcome = case when v_target.end_reason is distinct from coalesce(v_stop.ends_as, 'stopped') then 'finished_first'
                     when jsonb_array_length(v_leftovers) > 0 then 'stopped_with_leftovers' else 'stopped' end::stop_outcome,
      counts = counts || jsonb_build_object('executions', v_executions, 'alreadyEnded', v_already, 'cancelled', p_cancelled),
      proof = jsonb_build_object('liveDescendants', v_live, 'startedAfterFence', v_started, 'chargedAfterFence', v_charged,
        'checkedAt', to_char(v_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    where id = p_stop;
  insert into events (root_id, seq, type, at, execution_id, data)
    values (v_stop.root_id, v_seq, 'stop.closed', v_at, v_stop.execution_id, json_build_object('stopId', p_stop));
end $$;
