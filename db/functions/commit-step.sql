-- The step: the one way an execution moves forward. One call = one transaction = one round trip, whatever it holds.
--
-- p_units are plans for one execution each (the caller groups those of one tree); the rows they write are tagged with their unit
-- `u`, and come as one document for each table: taking them out of one large document costs more than writing them. Where there are
-- hundreds they are typed records, or finished JSON texts (p_more: one a line), since reading JSON cost more than writing the rows. Each unit is judged alone; what a
-- refused unit would have written is left out, the others go through.
-- A document without rows is null, and its statement is skipped: most steps write to three of the tables, and a statement costs some
-- 0.1 ms to find that it has nothing to do.
-- Every field that holds JSON from outside comes as text and is cast here, or stands in a record or a line of its own, so that \u0000 and lone
-- surrogates survive.
-- Answers [{u, because, base, node_base}]: because = null (written) | missing | ended | fenced | held | version | attempt | parent_fenced | limit.
-- limit: with what came between, the unit would pass a count of the tree; a plan on the counts as they are now stops in time.
-- The same goes for its charges and the tree's budget: what inline nodes cost has to fit beside what is reserved for those that run elsewhere.
-- A unit with a `stop` ends with a fence: what it holds is written, and nothing under the fence after it.
--
-- Statement one locks the tree; statement two judges in a NEW snapshot (READ COMMITTED, volatile function). Fused into one
-- statement a waiter would judge on the snapshot it had before it waited, and walk through a fence committed meanwhile.
drop function if exists commit_step(uuid, json, json, json, json, json, json, json, json);
create or replace function commit_step(p_root uuid, p_units json, p_children json, p_inserts step_node[], p_updates json, p_outputs step_output[], p_relays json,
  p_events json, p_more text, p_outbox json) returns json
language plpgsql volatile as $$
declare
  v_units json;
  v_events bigint;
  v_nodes bigint;
  v_children int;
  v_ended int;
  v_depth int;
  v_at timestamptz;
  v_wanted int;
  v_written int;
  v_stop record;
  v_charge bigint;
  v_total bigint;
  v_budget bigint;
  v_has record;
begin
  perform queue_for_step(p_root);
  perform 1 from trees where root_id = p_root for no key update;

  v_at := date_trunc('milliseconds', clock_timestamp());
  select bool_or(x.charge > 0) as charges, bool_or(x.reviews) as reviews, bool_or(x.blobs is not null) as blobs,
      bool_or(x.halts is not null) as halts, bool_or(x.stop is not null) as stops
    into v_has
    from json_to_recordset(p_units) as x (charge bigint, reviews boolean, blobs json, halts json, stop json);
  -- Most steps charge nothing and need not know the budget.
  if v_has.charges then
    select budget into v_budget from executions where id = p_root;
  end if;
  -- To plan what follows anew takes 1.7 ms each time, to carry it out 0.6. One plan does for all sizes: it goes by keys (`offset 0` keeps it so).
  perform set_config('plan_cache_mode', 'force_generic_plan', true);
  with unit as (
    select * from json_to_recordset(p_units) as x (
      u int, execution_id uuid, kind text, version int, relay boolean, tokens json, events int, nodes int, children int, status status,
      charge bigint, spends boolean, stop json)
  ), judged as (
    select x.*, e.depth, e.limits,
      case
        when e.id is null then 'missing'
        when e.ended_at is not null then 'ended'
        -- Of two plans for one execution the second was made without the first.
        when x.version <> e.version or row_number() over (partition by x.execution_id order by x.u) > 1 then 'version'
        when (x.kind = 'grow' or x.charge > 0) and exists (select 1 from path_fence(p_root, e.id, e.ancestors)) then 'fenced'
        when x.kind = 'grow' and path_held(p_root, e.id, e.ancestors) then 'held'
        when x.relay and exists (select 1 from path_fence(p_root, e.parent_id, e.ancestors) f where f.scope = 'subtree') then 'parent_fenced'
        when exists (
          select 1 from json_to_recordset(x.tokens) as t (id uuid, attempt int)
            left join lateral (select * from node_executions where id = t.id offset 0) n on true
           where n.id is null or n.attempt <> t.attempt or n.ended_at is not null) then 'attempt'
      end as because
    from unit x left join lateral (select * from executions where id = x.execution_id offset 0) e on true
  ), allowed as (
    select j.u, j.events, j.nodes, j.children, j.status, j.depth, j.charge,
      case when j.because is null and (
        j.nodes > 0 and t.node_executions + sum(j.nodes) filter (where j.because is null) over so_far > (j.limits ->> 'nodeExecutions')::bigint
        or j.children > 0 and t.executions + sum(j.children) filter (where j.because is null) over so_far > (j.limits ->> 'executions')::bigint
        or j.charge > 0 and j.stop ->> 'cause' is distinct from 'budget'
          and t.charge + sum(j.charge) filter (where j.because is null) over so_far + case when j.spends then
            -- What this unit ends is charged by it, and reserved no more.
            reserved_of(p_root) - coalesce((select sum(n.reserved) from json_to_recordset(p_updates) as d (u int, id uuid, ended int)
              cross join lateral (select * from node_executions where id = d.id offset 0) n where d.u = j.u and d.ended is not null and n.ended_at is null), 0) else 0 end > v_budget
      ) then 'limit' else j.because end as because
    from judged j, trees t
    where t.root_id = p_root
    window so_far as (order by j.u rows between unbounded preceding and current row)
  ), placed as (
    select j.*,
      coalesce(sum(events) filter (where because is null) over before, 0) as event_offset,
      coalesce(sum(nodes) filter (where because is null) over before, 0) as node_offset
    from allowed j
    window before as (order by u rows between unbounded preceding and 1 preceding)
  )
  select json_agg(json_build_object('u', u, 'because', because, 'base', event_offset, 'node_base', node_offset) order by u),
    coalesce(sum(events) filter (where because is null), 0),
    coalesce(sum(nodes) filter (where because is null), 0),
    coalesce(sum(children) filter (where because is null), 0),
    count(*) filter (where because is null and status in ('COMPLETED', 'FAILED', 'TERMINATED')),
    coalesce(max(depth + 1) filter (where because is null and children > 0), 0),
    coalesce(sum(charge) filter (where because is null), 0)
  into v_units, v_events, v_nodes, v_children, v_ended, v_depth, v_charge
  from placed;

  perform set_config('plan_cache_mode', 'auto', true);

  -- The numbers: this tree's next v_events events and v_nodes node executions.
  with tree as (
    update trees set seq = seq + v_events, node_executions = node_executions + v_nodes, executions = executions + v_children,
      live_executions = live_executions + v_children - v_ended, max_depth = greatest(max_depth, v_depth),
      charge = charge + v_charge
    where root_id = p_root
    returning seq - v_events as base, node_executions - v_nodes as node_base, charge
  )
  select json_agg(json_build_object('u', k.u, 'because', k.because, 'base', k.base + tree.base, 'node_base', k.node_base + tree.node_base) order by k.u), min(tree.charge)
    into v_units, v_total
    from tree, json_to_recordset(v_units) as k (u int, because text, base bigint, node_base bigint);

  if v_events = 0 and not exists (select 1 from json_to_recordset(v_units) as k (because text) where k.because is null) then
    return v_units;
  end if;

  if p_children is not null then
    insert into executions (id, root_id, parent_id, parent_node_execution_id, ancestors, depth, lineage_depth, owner_id, actor, graph_id, graph_version, item,
        resumed_from, status, inputs, masks, limits, labels, priority, created_seq, created_at)
      select c.id, p.root_id, p.id, c.parent_node_execution_id, p.ancestors || p.id, p.depth + 1, p.lineage_depth + 1, p.owner_id, p.actor, c.graph_id, c.graph_version, c.item,
        -- One that runs again what has failed here takes over what that one had completed.
        coalesce((
          select o.id from node_executions n join executions o on o.parent_node_execution_id = n.resurrects and o.item is not distinct from c.item
           where n.id = c.parent_node_execution_id),
        case when p.resumed_from is not null then
          earlier_child(p.resumed_from, p.id, p.rerun_except, p.rerun_from_seq, c.graph_id, c.inputs,
            row_number() over (partition by p.id, c.graph_id, c.inputs order by c.at_event)) end),
        'QUEUED', c.inputs::json, c.masks::json, p.limits, '{}', p.priority, k.base + c.at_event, v_at
      from json_to_recordset(p_children) as c (u int, id uuid, parent_node_execution_id uuid, graph_id uuid, graph_version int, inputs text, masks text, item int, at_event int)
      join json_to_recordset(v_units) as k (u int, because text, base bigint) on k.u = c.u and k.because is null
      join json_to_recordset(p_units) as x (u int, execution_id uuid) on x.u = c.u
      join executions p on p.id = x.execution_id
     where c.at_event is not null;

    -- Detached nested graphs (at_event is null): a new tree each, which is only inserted and so never waited for.
    if exists (select 1 from json_to_recordset(p_children) as c (at_event int) where c.at_event is null) then
      with detached as (
        select c.*, x.execution_id
          from json_to_recordset(p_children) as c (u int, id uuid, parent_node_execution_id uuid, graph_id uuid, graph_version int, inputs text, masks text, at_event int)
          join json_to_recordset(v_units) as k (u int, because text) on k.u = c.u and k.because is null
          join json_to_recordset(p_units) as x (u int, execution_id uuid) on x.u = c.u
         where c.at_event is null
      ), tree as (
        insert into trees (root_id, owner_id, seq, executions, live_executions, node_executions, max_depth, charge)
          select d.id, p.owner_id, 1, 1, 1, 0, 0, 0 from detached d join executions p on p.id = d.execution_id
      ), root as (
        insert into executions (id, root_id, ancestors, depth, lineage_depth, origin_execution_id, origin_node_execution_id, owner_id, actor, graph_id,
            graph_version, status, inputs, masks, limits, labels, priority, created_seq, created_at)
          select d.id, d.id, '{}', 0, p.lineage_depth + 1, p.id, d.parent_node_execution_id, p.owner_id, p.actor, d.graph_id,
            d.graph_version, 'QUEUED', d.inputs::json, d.masks::json, p.limits, '{}', p.priority, 1, v_at
          from detached d join executions p on p.id = d.execution_id
      ), told as (
        insert into event_rows (root_id, seq, type, at, execution_id, data)
          select d.id, 1, 'execution.queued', v_at, d.id,
            json_build_object('detachedFrom', json_build_object('executionId', d.execution_id, 'nodeExecutionId', d.parent_node_execution_id)) from detached d
      )
      insert into outbox (kind, subject_id, due_at) select 'start', d.id, v_at from detached d;
    end if;
  end if;

  if p_inserts is not null then
    insert into node_executions (id, execution_id, root_id, node_id, block_id, placement, seq, status, end_reason, attempt, inputs, error, missing_pins,
        child_execution_id, map_items, map_admitted, iteration, host_id, resurrects, wake_at, wakes_left, emitted, delivered, closed, charge, queued_seq, started_seq, ended_seq, queued_at, started_at, ended_at)
      select n.id, x.execution_id, p_root, n.node_id, n.block_id, n.placement, k.node_base + n.ordinal, n.status, n.end_reason, (n.started is not null)::int,
        case when n.resurrects is null then n.inputs else (select o.inputs from node_executions o where o.id = n.resurrects) end, n.error,
        n.missing_pins, n.child_execution_id, n.map_items, coalesce(n.map_admitted, 0), n.iteration, n.host_id, n.resurrects, v_at + n.wake_in * interval '1 millisecond', n.wakes_left, n.emitted, n.delivered, n.closed, coalesce(n.charge, 0),
        k.base + n.queued, k.base + n.started, k.base + n.ended,
        case when n.queued is not null then v_at end, case when n.started is not null then v_at end, case when n.ended is not null then v_at end
      from unnest(p_inserts) as n
      join json_to_recordset(v_units) as k (u int, because text, base bigint, node_base bigint) on k.u = n.u and k.because is null
      join json_to_recordset(p_units) as x (u int, execution_id uuid) on x.u = n.u;
  end if;

  -- Outputs recorded before are never touched; `emitted` may have grown by a child's relay since the plan was made.
  if p_updates is not null then
    select count(*) into v_wanted
      from json_to_recordset(p_updates) as n (u int)
      join json_to_recordset(v_units) as k (u int, because text) on k.u = n.u and k.because is null;
    if v_wanted > 0 then
      update node_executions t set
          status = coalesce(n.status, t.status), end_reason = coalesce(n.end_reason, t.end_reason), placement = coalesce(n.placement, t.placement),
          attempt = greatest(t.attempt, (n.started is not null)::int),
          inputs = coalesce(n.inputs::json, t.inputs), error = coalesce(n.error::json, t.error), missing_pins = coalesce(n.missing_pins, t.missing_pins),
          child_execution_id = coalesce(n.child_execution_id, t.child_execution_id),
          map_items = coalesce(n.map_items, t.map_items), map_admitted = coalesce(n.map_admitted, t.map_admitted), iteration = coalesce(n.iteration, t.iteration), host_id = coalesce(n.host_id, t.host_id),
          wake_at = case when n.wake_in is not null then v_at + n.wake_in * interval '1 millisecond' else t.wake_at end,
          wakes_left = coalesce(n.wakes_left, t.wakes_left), emitted = t.emitted + n.emitted, delivered = coalesce(n.delivered, t.delivered), closed = n.closed, charge = t.charge + coalesce(n.charge, 0),
          queued_seq = coalesce(k.base + n.queued, t.queued_seq), started_seq = coalesce(k.base + n.started, t.started_seq),
          ended_seq = coalesce(k.base + n.ended, t.ended_seq),
          queued_at = case when n.queued is not null then v_at else t.queued_at end,
          started_at = case when n.started is not null then v_at else t.started_at end,
          ended_at = case when n.ended is not null then v_at else t.ended_at end
        from json_to_recordset(p_updates) as n (u int, id uuid, status status, "from" text[], end_reason end_reason, placement placement, inputs text,
          error text, missing_pins text[], child_execution_id uuid, map_items int, map_admitted int, iteration int, host_id uuid, wake_in bigint, wakes_left int, emitted int, delivered int, closed boolean, charge bigint,
          queued int, started int, ended int)
        join json_to_recordset(v_units) as k (u int, because text, base bigint) on k.u = n.u and k.because is null
       where t.id = n.id and not t.closed and t.status::text = any (n."from");
      get diagnostics v_written = row_count;
      if v_written <> v_wanted then
        raise exception 'step refused: % of % node executions were not in a status it may leave', v_wanted - v_written, v_wanted using errcode = 'TL001';
      end if;
    end if;
  end if;

  if v_has.reviews then
    perform record_reviews(p_units, v_units, p_inserts, p_updates, v_at);
  end if;

  if p_outputs is not null then
    insert into outputs (node_execution_id, ordinal, pin, value)
      select o.id, o.ordinal, o.pin, o.value
        from unnest(p_outputs) as o
        join json_to_recordset(v_units) as k (u int, because text) on k.u = o.u and k.because is null;
  end if;

  -- Relay: what a nested graph gives its parent's node. The parent's planner delivers it; here it is only recorded.
  if p_relays is not null then
    with relay as (
      select r.* from json_to_recordset(p_relays) as r (u int, id uuid, is_item boolean, status status, end_reason end_reason, error text, outputs json, ended int)
    ), told as (
      update node_executions t set emitted = t.emitted + json_array_length(r.outputs),
          status = coalesce(r.status, t.status), end_reason = coalesce(r.end_reason, t.end_reason), error = coalesce(r.error::json, t.error),
          ended_seq = coalesce(k.base + r.ended, t.ended_seq), ended_at = case when r.ended is not null then v_at else t.ended_at end
        from relay r join json_to_recordset(v_units) as k (u int, because text, base bigint) on k.u = r.u and k.because is null
       where t.id = r.id and not r.is_item and t.ended_at is null
      returning t.id, t.emitted - json_array_length(r.outputs) as first, r.outputs
    )
    insert into outputs (node_execution_id, ordinal, pin, value)
      select told.id, told.first + o.ordinal - 1, o.row ->> 'pin', (o.row ->> 'value')::json
        from told, json_array_elements(told.outputs) with ordinality as o (row, ordinal);

    -- Of a map's items the node only counts the ends; its planner reads what they gave when all have ended.
    update node_executions t set map_ended = t.map_ended + r.ended, map_failed = t.map_failed + r.failed
      from (select r.id, count(*) as ended, count(*) filter (where r.status <> 'COMPLETED') as failed
              from json_to_recordset(p_relays) as r (u int, id uuid, is_item boolean, status status)
              join json_to_recordset(v_units) as k (u int, because text) on k.u = r.u and k.because is null
             where r.is_item group by r.id) r
     where t.id = r.id and t.ended_at is null;
  end if;

  if p_events is not null then
    insert into event_rows (root_id, seq, type, at, execution_id, node_execution_id, data, more)
      select p_root, k.base + v.ordinal, v.type, v_at, v.execution_id, v.node_execution_id, v.data::json, m.events::json
        from json_to_recordset(p_events) as v (u int, ordinal int, type text, execution_id uuid, node_execution_id uuid, data text, more int)
        join json_to_recordset(v_units) as k (u int, because text, base bigint) on k.u = v.u and k.because is null
        left join string_to_table(p_more, E'\n') with ordinality as m (events, line) on m.line = v.more;
  end if;

  update executions e set
      version = e.version + 1, status = coalesce(x.status, e.status), end_reason = coalesce(x.end_reason, e.end_reason), error = coalesce(x.error::json, e.error),
      stop_id = coalesce(x.stop_id, e.stop_id), first_run_id = coalesce(x.first_run_id, e.first_run_id),
      open = e.open + x.open, waiting = e.waiting + x.waiting, node_executions = e.node_executions + x.nodes,
      failed_node_executions = e.failed_node_executions + x.failed, unhandled_failures = e.unhandled_failures + x.unhandled,
      resurrections = e.resurrections + x.resurrections,
      child_executions = e.child_executions + x.children, detached_executions = e.detached_executions + x.detached, charge = e.charge + coalesce(x.charge, 0),
      limits = coalesce(x.limits::jsonb, e.limits), deadline_at = coalesce(v_at + x.run_time_ms * interval '1 millisecond', e.deadline_at),
      started_seq = coalesce(e.started_seq, k.base + x.started), started_at = coalesce(e.started_at, case when x.started is not null then v_at end),
      ended_seq = k.base + x.ended, ended_at = case when x.ended is not null then v_at end
    from json_to_recordset(p_units) as x (u int, execution_id uuid, status status, end_reason end_reason, error text, stop_id uuid, first_run_id text,
      open int, waiting int, nodes int, failed int, unhandled int, resurrections int, children int, detached int, charge bigint, limits text, run_time_ms bigint, started int, ended int)
    join json_to_recordset(v_units) as k (u int, because text, base bigint) on k.u = x.u and k.because is null
   where e.id = x.execution_id;

  if p_outbox is not null then
    insert into outbox (kind, subject_id, due_at)
      select b.kind, b.subject_id, v_at
        from json_to_recordset(p_outbox) as b (u int, kind text, subject_id uuid)
        join json_to_recordset(v_units) as k (u int, because text) on k.u = b.u and k.because is null;
  end if;

  if v_budget > 0 and (v_total - v_charge) * 5 < v_budget * 4 and v_total * 5 >= v_budget * 4 then
    update trees set seq = seq + 1 where root_id = p_root;
    insert into event_rows (root_id, seq, type, at, execution_id, data)
      select p_root, t.seq, 'budget.warning', v_at, p_root, json_build_object('budget', v_budget, 'charge', v_total) from trees t where t.root_id = p_root;
  end if;

  if v_has.blobs then
    perform record_blob_uses(p_root, p_units, v_units, p_children);
  end if;

  if v_has.halts then
    perform open_fence(h.stop) from json_to_recordset(p_units) as x (u int, halts json)
      join json_to_recordset(v_units) as k (u int, because text) on k.u = x.u and k.because is null
      cross join lateral json_array_elements(x.halts) as h (stop);
  end if;

  if not v_has.stops then
    return v_units;
  end if;
  -- What an execution has run into stops the one that set the limit: from itself up, the last with the same (a nested graph can only lower it).
  for v_stop in
    select x.stop, e.id, case when x.stop ->> 'limit' is null then e.id else (
        select a.id from executions a
         where a.root_id = p_root and (a.id = e.id or a.id = any (e.ancestors))
           and a.limits -> (x.stop ->> 'limit') is not distinct from e.limits -> (x.stop ->> 'limit')
         order by a.depth limit 1) end as target
      from json_to_recordset(p_units) as x (u int, execution_id uuid, stop jsonb)
      join json_to_recordset(v_units) as k (u int, because text) on k.u = x.u and k.because is null
      join executions e on e.id = x.execution_id
     where x.stop is not null
     order by x.u
  loop
    if v_stop.stop ->> 'cause' = 'budget' then
      perform exhaust_budget(p_root, (v_stop.stop ->> 'stopId')::uuid, v_stop.id, v_stop.stop ->> 'nodeId', (v_stop.stop ->> 'wanted')::bigint);
      continue;
    end if;
    perform open_fence((v_stop.stop || jsonb_build_object('executionId', v_stop.target))::json);
  end loop;

  return v_units;
end $$;
