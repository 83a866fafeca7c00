-- QUIESCED → CLOSED: no workflow is open. The receipt is computed here, by query: counts, leftovers, and the proof by numbers.
-- Answers the outcome; null: the stop is not quiet yet.
create or replace function close_stop(p_stop uuid) returns stop_outcome
language plpgsql volatile as $$
declare
  v_stop stops%rowtype;
  v_seq bigint;
  v_at timestamptz;
  v_count jsonb;
  v_outcome stop_outcome;
begin
  select * into v_stop from stops where id = p_stop;
  perform 1 from trees where root_id = v_stop.root_id for no key update;
  -- A new snapshot from here on: see commit_step.
  select * into v_stop from stops where id = p_stop;
  if v_stop.status <> 'QUIESCED' then
    return v_stop.outcome;
  end if;
  v_at := date_trunc('milliseconds', clock_timestamp());
  v_count := count_stop(p_stop);
  v_outcome := case when (select stop_id from executions where id = v_stop.execution_id) is null then 'finished_first'
                    when jsonb_array_length(v_count -> 'leftovers') > 0 then 'stopped_with_leftovers' else 'stopped' end;

  update trees set seq = seq + 1 where root_id = v_stop.root_id returning seq into v_seq;
  update stops set status = 'CLOSED', closed_at = v_at, outcome = v_outcome, leftovers = v_count -> 'leftovers', counts = v_count - 'leftovers',
      detached = detached_under(v_stop.root_id, v_stop.execution_id, v_stop.cascade),
      proof = jsonb_build_object('liveDescendants', v_count -> 'live', 'startedAfterFence', v_count -> 'started', 'chargedAfterFence', v_count -> 'charged',
        'checkedAt', to_char(v_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    where id = p_stop;
  insert into event_rows (root_id, seq, type, at, execution_id, data)
    values (v_stop.root_id, v_seq, 'stop.closed', v_at, v_stop.execution_id, json_build_object('stopId', p_stop, 'outcome', v_outcome));
  return v_outcome;
end $$;
