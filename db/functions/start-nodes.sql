-- Starts attempts of remote nodes of one tree: each a *grow* step, refused under a fence or a hold. Mints the attempt token.
-- Answers [{id, because, attempt, …}]: because = null (started) | missing | ended | fenced | held. p_estimates: by block, the credits that a start reserves of the
-- tree's budget; one that does not fit is `fenced`, `exhausted`, with all after it: the budget is used up, and p_stop is the stop that ends the tree.
-- p_hosts: for run-on the node execution whose activity starts it, else null.
drop function if exists start_nodes(uuid, uuid[], uuid[]);
create or replace function start_nodes(p_root uuid, p_ids uuid[], p_hosts uuid[], p_estimates jsonb default '{}', p_stop uuid default null) returns json
language plpgsql volatile as $$
declare
  v_verdicts json;
  v_started int;
  v_base bigint;
  v_at timestamptz;
  v_id uuid;
  v_left bigint;
  v_misfit record;
begin
  perform queue_for_step(p_root);
  perform 1 from trees where root_id = p_root for no key update;
  -- A new snapshot from here on: see commit_step.
  v_at := date_trunc('milliseconds', clock_timestamp());
  if p_estimates <> '{}' then
    select e.budget - t.charge - reserved_of(p_root) into v_left from executions e join trees t on t.root_id = e.id where e.id = p_root and e.budget is not null;
  end if;
  with judged as (
    select w.id, w.host_id, w.ordinal,
      -- A further attempt has its place already; what a rerun takes over costs nothing.
      case when v_left is null or n.reserved > 0 or n.reused_from is not null or earlier_node(n, e) is not null then 0
        else coalesce((p_estimates ->> n.block_id)::bigint, 0) end as wants,
      case
        when n.id is null then 'missing'
        when n.ended_at is not null or n.status not in ('QUEUED', 'RUNNING') then 'ended'
        when exists (select 1 from path_fence(p_root, e.id, e.ancestors)) then 'fenced'
        when path_held(p_root, e.id, e.ancestors) then 'held'
      end as because
    from unnest(p_ids, p_hosts) with ordinality as w (id, host_id, ordinal)
    left join node_executions n on n.id = w.id and n.root_id = p_root
    left join executions e on e.id = n.execution_id
  ), fitted as (
    select j.*, because is null and wants > 0 and sum(wants) filter (where because is null) over (order by ordinal) > v_left as misfit from judged j
  ), admitted as (
    select f.id, f.host_id, f.ordinal, f.wants, f.misfit,
      case when because is null and bool_or(misfit) over (order by ordinal) then 'exhausted' else because end as because
    from fitted f
  )
  select json_agg(json_build_object('id', id, 'host_id', host_id, 'because', because, 'at_event', started, 'wants', wants, 'misfit', coalesce(misfit, false)) order by ordinal),
      coalesce(max(started), 0)
    into v_verdicts, v_started
    from (select *, case when because is null then count(*) filter (where because is null) over (order by ordinal) end as started from admitted) j;

  if v_started > 0 then
    update trees set seq = seq + v_started where root_id = p_root returning seq - v_started into v_base;
    update node_executions n set status = 'RUNNING', attempt = n.attempt + 1, started_seq = v_base + k.at_event, started_at = v_at, host_id = k.host_id,
        reserved = greatest(n.reserved, k.wants)
      from json_to_recordset(v_verdicts) as k (id uuid, host_id uuid, because text, at_event int, wants bigint)
     where n.id = k.id and k.because is null;
    -- Rerun: a completed node execution with the same inputs stands for it. One by one, so that none is taken twice.
    for v_id in
      select n.id from json_to_recordset(v_verdicts) as k (id uuid, because text) join node_executions n on n.id = k.id
        join executions e on e.id = n.execution_id
       where k.because is null and e.resumed_from is not null and n.reused_from is null
       order by n.queued_seq
    loop
      update node_executions n set reused_from = earlier_node(n, e) from executions e where n.id = v_id and e.id = n.execution_id;
    end loop;
    insert into event_rows (root_id, seq, type, at, execution_id, node_execution_id, data)
      select p_root, n.started_seq, 'node.started', v_at, n.execution_id, n.id, json_build_object('nodeId', n.node_id, 'attempt', n.attempt)
        from json_to_recordset(v_verdicts) as k (id uuid, because text)
        join node_executions n on n.id = k.id
       where k.because is null;
  end if;

  select n.id, n.execution_id, n.node_id, k.wants into v_misfit
    from json_to_recordset(v_verdicts) as k (id uuid, misfit boolean, wants bigint) join node_executions n on n.id = k.id where k.misfit limit 1;
  if found then
    perform exhaust_budget(p_root, p_stop, v_misfit.execution_id, v_misfit.node_id, v_misfit.wants);
  end if;

  return (
    select json_agg(json_build_object('id', k.id, 'because', case k.because when 'exhausted' then 'fenced' else k.because end, 'exhausted', k.because is not distinct from 'exhausted', 'attempt', n.attempt, 'nodeId', n.node_id, 'inputs', n.inputs, 'emitted', n.emitted,
        'reused', case when n.reused_from is not null then coalesce(
          (select json_agg(json_build_object('pin', o.pin, 'value', o.value) order by o.ordinal) from outputs o where o.node_execution_id = n.reused_from), '[]') end))
      from json_to_recordset(v_verdicts) as k (id uuid, because text)
      left join node_executions n on n.id = k.id and k.because is null);
end $$;

-- The completed node execution of the earlier run that stands for this one, unless another has taken it.
create or replace function earlier_node(n node_executions, e executions) returns uuid
language sql stable as $$
  select o.id from node_executions o
   where o.execution_id = e.resumed_from and o.node_id = n.node_id and o.status = 'COMPLETED' and o.inputs::text = n.inputs::text
     and not (o.node_id = any (coalesce(e.rerun_except, '{}')) and o.seq >= e.rerun_from_seq)
     and not exists (select 1 from node_executions u where u.execution_id = n.execution_id and u.node_id = n.node_id and u.reused_from = o.id)
   order by o.seq limit 1
$$;
