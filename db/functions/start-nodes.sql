-- Starts attempts of remote nodes of one tree: each a *grow* step, refused under a fence or a hold. Mints the attempt token.
-- Answers [{id, because, attempt, …}]: because = null (started) | missing | ended | fenced | held.
-- p_hosts: for run-on the node execution whose activity starts it, else null.
create or replace function start_nodes(p_root uuid, p_ids uuid[], p_hosts uuid[]) returns json
language plpgsql volatile as $$
declare
  v_verdicts json;
  v_started int;
  v_base bigint;
  v_at timestamptz;
begin
  perform 1 from trees where root_id = p_root for no key update;
  -- A new snapshot from here on: see commit_step.
  v_at := date_trunc('milliseconds', clock_timestamp());
  with judged as (
    select w.id, w.host_id, w.ordinal,
      case
        when n.id is null then 'missing'
        when n.ended_at is not null or n.status not in ('QUEUED', 'RUNNING') then 'ended'
        when exists (select 1 from path_fence(p_root, e.id, e.ancestors)) then 'fenced'
        when path_held(p_root, e.id, e.ancestors) then 'held'
      end as because
    from unnest(p_ids, p_hosts) with ordinality as w (id, host_id, ordinal)
    left join node_executions n on n.id = w.id and n.root_id = p_root
    left join executions e on e.id = n.execution_id
  )
  select json_agg(json_build_object('id', id, 'host_id', host_id, 'because', because, 'at_event', started) order by ordinal), coalesce(max(started), 0)
    into v_verdicts, v_started
    from (select *, case when because is null then count(*) filter (where because is null) over (order by ordinal) end as started from judged) j;

  if v_started > 0 then
    update trees set seq = seq + v_started where root_id = p_root returning seq - v_started into v_base;
    update node_executions n set status = 'RUNNING', attempt = n.attempt + 1, started_seq = v_base + k.at_event, started_at = v_at, host_id = k.host_id
      from json_to_recordset(v_verdicts) as k (id uuid, host_id uuid, because text, at_event int)
     where n.id = k.id and k.because is null;
    insert into events (root_id, seq, type, at, execution_id, node_execution_id, data)
      select p_root, n.started_seq, 'node.started', v_at, n.execution_id, n.id, json_build_object('nodeId', n.node_id, 'attempt', n.attempt)
        from json_to_recordset(v_verdicts) as k (id uuid, because text)
        join node_executions n on n.id = k.id
       where k.because is null;
  end if;

  return (
    select json_agg(json_build_object('id', k.id, 'because', k.because, 'attempt', n.attempt, 'nodeId', n.node_id, 'inputs', n.inputs))
      from json_to_recordset(v_verdicts) as k (id uuid, because text)
      left join node_executions n on n.id = k.id and k.because is null);
end $$;
