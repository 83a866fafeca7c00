-- Admits QUEUED roots that wait for a place, in order (priority, then arrival) within each owner; null: no such limit. Only roots
-- count: a nested graph never waits for a place that its parent holds. Answers how many were admitted.
create or replace function admit_roots(p_per_owner int, p_per_graph int) returns int
language plpgsql volatile as $$
declare
  v_root record;
  v_of_owner int;
  v_of_graph int;
  v_admitted int := 0;
begin
  -- One dispatcher at a time, or two would count without each other; the next look of the other comes soon enough.
  if not pg_try_advisory_xact_lock(7265118403) then
    return 0;
  end if;
  for v_root in
    select w.* from (select distinct owner_id from executions where awaits_admission and ended_at is null) o
      cross join lateral (
        select e.id, e.owner_id, e.graph_id, e.priority, e.created_at from executions e
         where e.owner_id = o.owner_id and e.awaits_admission and e.ended_at is null
         order by e.priority, e.created_at, e.id limit 1000) w
     order by w.priority, w.created_at, w.id
  loop
    if p_per_owner is not null then
      select count(*) into v_of_owner from executions where depth = 0 and ended_at is null and not awaits_admission and owner_id = v_root.owner_id;
      continue when v_of_owner >= p_per_owner;
    end if;
    if p_per_graph is not null then
      select count(*) into v_of_graph from executions
       where depth = 0 and ended_at is null and not awaits_admission and owner_id = v_root.owner_id and graph_id = v_root.graph_id;
      continue when v_of_graph >= p_per_graph;
    end if;
    perform 1 from executions where id = v_root.id and awaits_admission and ended_at is null for update skip locked;
    continue when not found;
    update executions set awaits_admission = false where id = v_root.id;
    insert into outbox (kind, subject_id, due_at) values ('start', v_root.id, clock_timestamp());
    v_admitted := v_admitted + 1;
  end loop;
  return v_admitted;
end $$;
