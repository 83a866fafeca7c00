-- Settles what is under a fence, at most p_limit node executions (and those of p_ended) and p_limit executions a call (a *settle* step: always allowed).
--   p_ended: running node executions whose code has ended; they may be settled. Once the deadline has passed all that run are, as `abandoned`;
--   not under a `self` fence, where nobody has told them to end.
-- Node executions that have not started, those between two attempts, maps between two items and nested graphs settle at once; executions when nothing of them is live; the target last,
-- and with it the stop is QUIESCED and a parent whose path is open is told. A target that an outer stop has ended is quiet with its last descendant.
-- Answers {swept, abandoned, running, executions, quiesced, msToDeadline}: `running` node executions still run, `executions` are still live;
-- msToDeadline = null under a `self` fence.
create or replace function settle_fenced(p_stop uuid, p_ended uuid[], p_limit int) returns json
language plpgsql volatile as $$
declare
  v_stop stops%rowtype;
  v_scope fence_scope;
  v_target executions%rowtype;
  v_overdue boolean;
  v_at timestamptz;
  v_base bigint;
  v_nodes json;
  v_node_count int;
  v_review_count int;
  v_abandoned int;
  v_reason end_reason;
  v_execution_count int;
  v_running int;
  v_live int;
  v_seq bigint;
  v_quiesced boolean;
begin
  select * into v_stop from stops where id = p_stop;
  perform 1 from trees where root_id = v_stop.root_id for no key update;
  -- A new snapshot from here on: see commit_step.
  select * into v_stop from stops where id = p_stop;
  if v_stop.status <> 'STOPPING' then
    return json_build_object('swept', 0, 'abandoned', 0, 'running', 0, 'executions', 0, 'quiesced', true, 'msToDeadline', null);
  end if;
  select * into v_target from executions where id = v_stop.execution_id;
  select scope into v_scope from fences where execution_id = v_stop.execution_id;
  v_at := date_trunc('milliseconds', clock_timestamp());
  v_overdue := v_scope = 'subtree' and v_stop.deadline_at <= v_at;

  select json_agg(json_build_object('id', id, 'execution_id', execution_id, 'node_id', node_id, 'queued', queued_seq is not null,
        'waiting', status = 'WAITING', 'reason', reason, 'ordinal', ordinal,
        'withdrawn', asks_as)),
      count(*), count(*) filter (where reason = 'abandoned'), coalesce(max(asks_as), 0)
    into v_nodes, v_node_count, v_abandoned, v_review_count
    from (
      select n.*, row_number() over () as ordinal,
        -- The how many-th of the questions that nobody can answer any more.
        case when n.asks then count(*) filter (where n.asks) over (rows unbounded preceding) end as asks_as,
        case when n.status = 'RUNNING' and n.placement <> 'child' and n.failed_attempt is distinct from n.attempt and n.id <> all (p_ended) then 'abandoned'
             when n.execution_id = v_target.id then 'stopped' else 'parent_stopped' end as reason
      from (
        select n.*, n.status = 'WAITING' and exists (select 1 from reviews r where r.id = n.id and r.status = 'waiting') as asks from (
        -- What has ended is told once: it is never left to a later batch.
        select n.* from executions e join node_executions n on n.execution_id = e.id and n.ended_at is null
         where e.root_id = v_stop.root_id and e.ended_at is null and (e.id = v_target.id or (v_scope = 'subtree' and v_target.id = any (e.ancestors)))
           and n.id = any (p_ended)
        union all
        (select n.* from executions e join node_executions n on n.execution_id = e.id and n.ended_at is null
          where e.root_id = v_stop.root_id and e.ended_at is null and (e.id = v_target.id or (v_scope = 'subtree' and v_target.id = any (e.ancestors)))
            and (n.status <> 'RUNNING' or (n.placement = 'child' and v_scope = 'subtree') or n.failed_attempt = n.attempt
              or (n.map_admitted = n.map_ended and n.map_ended < n.map_items) or v_overdue) and n.id <> all (p_ended)
          limit p_limit)
        ) n
      ) n
    ) s;

  if v_node_count > 0 then
    update trees set seq = seq + v_node_count + v_review_count where root_id = v_stop.root_id returning seq - v_node_count - v_review_count into v_base;
    update node_executions n set status = 'TERMINATED', end_reason = k.reason, closed = true, ended_at = v_at, ended_seq = v_base + k.ordinal,
        -- The token of an abandoned attempt is spent: whatever it still says is refused.
        attempt = n.attempt + case when k.reason = 'abandoned' then 1 else 0 end
      from json_to_recordset(v_nodes) as k (id uuid, reason end_reason, ordinal int)
     where n.id = k.id;
    update reviews r set status = 'withdrawn', decided_at = v_at from json_to_recordset(v_nodes) as k (id uuid, withdrawn int)
     where k.withdrawn is not null and r.id = k.id;
    insert into event_rows (root_id, seq, type, at, execution_id, node_execution_id, data)
      select v_stop.root_id, v_base + v_node_count + k.withdrawn, 'review.withdrawn', v_at, k.execution_id, k.id, json_build_object('nodeId', k.node_id, 'stopId', p_stop)
        from json_to_recordset(v_nodes) as k (id uuid, execution_id uuid, node_id text, withdrawn int) where k.withdrawn is not null;
    insert into event_rows (root_id, seq, type, at, execution_id, node_execution_id, data)
      select v_stop.root_id, v_base + k.ordinal, 'node.terminated', v_at, k.execution_id, k.id, json_build_object('nodeId', k.node_id, 'endReason', k.reason, 'stopId', p_stop)
        from json_to_recordset(v_nodes) as k (id uuid, execution_id uuid, node_id text, reason text, ordinal int);
    update executions e set open = e.open - k.queued, waiting = e.waiting - k.waiting, version = e.version + 1
      from (select execution_id, count(*) filter (where queued) as queued, count(*) filter (where waiting) as waiting
              from json_to_recordset(v_nodes) as k (execution_id uuid, queued boolean, waiting boolean) group by execution_id) k
     where e.id = k.execution_id;
  end if;

  -- One of whose nodes was given up says so. Below the target the order does not matter; what makes the proof is that the target ends last.
  with idle as (
    select e.id, row_number() over (order by e.depth desc) as ordinal
      from executions e
     where v_scope = 'subtree' and e.root_id = v_stop.root_id and e.ended_at is null and v_target.id = any (e.ancestors)
       and not exists (select 1 from node_executions n where n.execution_id = e.id and n.ended_at is null)
     limit p_limit
  ), tree as (
    update trees set seq = seq + (select count(*) from idle), live_executions = live_executions - (select count(*) from idle)
     where root_id = v_stop.root_id and exists (select 1 from idle)
    returning seq - (select count(*) from idle) as base
  ), ended as (
    -- Results that ended but were not delivered stay as they are recorded; nothing will deliver them.
    update executions e set status = 'TERMINATED', end_reason = case when v_overdue and exists (select 1 from node_executions n where n.execution_id = e.id and n.end_reason = 'abandoned') then 'abandoned' else 'parent_stopped' end::end_reason, stop_id = p_stop, open = 0, waiting = 0, version = e.version + 1,
        ended_at = v_at, ended_seq = tree.base + idle.ordinal
      from idle, tree where e.id = idle.id
    returning e.id, e.end_reason, e.ended_seq
  ), told as (
    insert into event_rows (root_id, seq, type, at, execution_id, data)
      select v_stop.root_id, ended_seq, 'execution.terminated', v_at, id, json_build_object('endReason', end_reason, 'stopId', p_stop) from ended
  )
  select count(*) into v_execution_count from ended;

  select count(*) filter (where n.status = 'RUNNING' and n.placement <> 'child'), count(distinct e.id)
    into v_running, v_live
    from executions e left join node_executions n on n.execution_id = e.id and n.ended_at is null
   where e.root_id = v_stop.root_id and e.ended_at is null and (e.id = v_target.id or (v_scope = 'subtree' and v_target.id = any (e.ancestors)));

  -- Under a `self` fence children and running nodes finish first.
  if v_target.ended_at is null and v_live = 1
     and not exists (select 1 from node_executions n where n.execution_id = v_target.id and n.ended_at is null) then
    update trees set seq = seq + 1, live_executions = live_executions - 1 where root_id = v_stop.root_id returning seq into v_seq;
    -- What the execution itself ran into (a limit, its time, a failure) it has failed by.
    v_reason := coalesce(v_stop.ends_as, case
      when v_overdue and exists (select 1 from node_executions n where n.execution_id = v_target.id and n.end_reason = 'abandoned') then 'abandoned' else 'stopped' end::end_reason);
    update executions set status = case when v_stop.ends_as is null then 'TERMINATED' else 'FAILED' end::status,
        end_reason = v_reason, error = coalesce(v_stop.error, error), stop_id = p_stop, open = 0, waiting = 0, version = version + 1, ended_at = v_at, ended_seq = v_seq
     where id = v_target.id;
    insert into event_rows (root_id, seq, type, at, execution_id, data) values
      (v_stop.root_id, v_seq, case when v_stop.ends_as is null then 'execution.terminated' else 'execution.failed' end, v_at, v_target.id,
        json_build_object('endReason', v_reason, 'stopId', p_stop));
    v_live := 0;
  end if;

  v_quiesced := v_live = 0;
  if v_quiesced then
    update trees set seq = seq + 1 where root_id = v_stop.root_id returning seq into v_seq;
    update stops set status = 'QUIESCED', quiesced_at = v_at where id = p_stop;
    insert into event_rows (root_id, seq, type, at, execution_id, data)
      values (v_stop.root_id, v_seq, 'stop.quiesced', v_at, v_target.id, json_build_object('stopId', p_stop));
    perform relay_stop(v_target.id, p_stop);
  end if;
  return json_build_object('swept', v_node_count + v_execution_count, 'abandoned', v_abandoned, 'running', v_running, 'executions', v_live,
    'quiesced', v_quiesced, 'msToDeadline', case when v_scope = 'subtree' then greatest(0, extract(epoch from v_stop.deadline_at - clock_timestamp()) * 1000) end);
end $$;
