-- What a stop has done so far, by query: {executions, alreadyEnded, swept, aborted, abandoned, cancelled, detached, live, started, charged, leftovers, uncharged}.
--   swept: node executions it ended that had not started (or only wait, or stand for a nested graph); aborted: ones whose code it ended;
--   abandoned: ones whose code had not ended at the deadline. cancelled: executions it ended that had begun, and so had a workflow.
--   live, started, charged: what must be 0 once it is quiet: live executions; births and starts, and charges, numbered after the fence.
--   uncharged: of the node executions that were started and ended after the fence without a charge, how many there are and the sums of their usage's numbers.
create or replace function count_stop(p_stop uuid) returns json
language sql stable as $$
  with stop as (
    select s.root_id, s.execution_id, f.scope, f.seq from stops s join fences f on f.execution_id = s.execution_id where s.id = p_stop
  ), under as (
    select e.* from stop s join executions e on e.root_id = s.root_id and (e.id = s.execution_id or (s.scope = 'subtree' and s.execution_id = any (e.ancestors)))
  ), nodes as (
    select n.*, n.placement not in ('child', 'wait') and n.started_seq is not null as has_code,
        -- A `self` fence that was raised had swept its target before.
        n.status = 'TERMINATED' and (n.ended_seq > s.seq or (n.execution_id = s.execution_id and n.end_reason = 'stopped' and n.placement <> 'child')) as ended_by_stop,
        n.started_seq > s.seq as started_late, n.ended_seq > s.seq as ended_late
      from stop s join under e on true join node_executions n on n.execution_id = e.id
     where n.started_seq > s.seq or n.ended_seq > s.seq or n.end_reason = 'stopped'
  ), spent as (
    select u.key, sum(u.value::text::numeric) as amount
      from nodes n, jsonb_each(case jsonb_typeof(n.usage) when 'object' then n.usage else '{}' end) u
     where n.has_code and n.ended_late and n.charge = 0 and jsonb_typeof(u.value) = 'number'
     group by u.key
  ), of_nodes as (
    select count(*) filter (where ended_by_stop and not has_code) as swept,
        count(*) filter (where ended_by_stop and has_code and end_reason <> 'abandoned') as aborted,
        count(*) filter (where ended_by_stop and end_reason = 'abandoned') as abandoned,
        count(*) filter (where started_late) as started,
        count(*) filter (where charge > 0 and ended_late) as charged,
        count(*) filter (where has_code and ended_late and charge = 0) as uncharged,
        coalesce(json_agg(json_build_object('executionId', execution_id, 'nodeExecutionId', id, 'why', 'its code was not known to have ended at the deadline'))
          filter (where ended_by_stop and end_reason = 'abandoned'), '[]') as leftovers
      from nodes
  ), of_executions as (
    select count(*) as executions, count(*) filter (where e.ended_seq < s.seq) as already_ended, count(*) filter (where e.ended_at is null) as live,
        count(*) filter (where e.created_seq > s.seq) + count(*) filter (where e.started_seq > s.seq) as started,
        count(*) filter (where e.ended_seq > s.seq and e.stop_id is not null and e.started_seq is not null) as cancelled
      from stop s, under e
  )
  select json_build_object('executions', e.executions, 'alreadyEnded', e.already_ended, 'swept', n.swept, 'aborted', n.aborted, 'abandoned', n.abandoned,
      'cancelled', e.cancelled, 'detached', (select jsonb_array_length(detached_under(root_id, execution_id, scope = 'subtree')) from stop), 'live', e.live, 'started', e.started + n.started,
      'charged', n.charged, 'leftovers', n.leftovers,
      'uncharged', json_build_object('nodeExecutions', n.uncharged, 'usage', coalesce((select json_object_agg(key, amount order by key) from spent), '{}')))
    from of_nodes n, of_executions e
$$;
