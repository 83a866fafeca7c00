-- Within commit_step: the questions that its nodes ask are opened, and those whose node has ended without an answer are closed.
drop function if exists record_reviews(json, json, json, json, timestamptz);
create or replace function record_reviews(p_units json, p_verdicts json, p_inserts step_node[], p_updates json, p_at timestamptz) returns void
language plpgsql volatile as $$
begin
  with asked as (
    select u, id, node_id, review from unnest(p_inserts) as n where review is not null
    union all
    select u, id, null, review from json_to_recordset(p_updates) as n (u int, id uuid, review json) where review is not null
  )
  insert into reviews (id, execution_id, root_id, owner_id, status, kind, answerers, question, payload, schema, editable, deadline_at, created_at)
    select a.id, e.id, e.root_id, e.owner_id, 'waiting', (a.review ->> 'kind')::review_kind,
      array(select json_array_elements_text(a.review -> 'answerers')), a.review ->> 'question', (a.review ->> 'payload')::json, (a.review ->> 'schema')::json,
      (a.review ->> 'editable')::boolean, p_at + (a.review ->> 'deadlineMs')::bigint * interval '1 millisecond', p_at
      from asked a
      join json_to_recordset(p_verdicts) as k (u int, because text) on k.u = a.u and k.because is null
      join json_to_recordset(p_units) as x (u int, execution_id uuid) on x.u = a.u
      join executions e on e.id = x.execution_id;
  update reviews r set status = 'timed_out', decided_at = p_at
    from json_to_recordset(p_updates) as n (u int, id uuid, ended int)
    join json_to_recordset(p_verdicts) as k (u int, because text) on k.u = n.u and k.because is null
   where r.id = n.id and n.ended is not null and r.status = 'waiting';
end $$;

-- An answer, which refers to p_blob where it is large. The plan that a timer makes meanwhile is on an older version, and is made again.
-- Answers {because}: null (recorded) | same (as recorded before) | decided | withdrawn | timed_out | fenced | missing | forbidden.
-- p_auto: what the same node asks from now on in this execution is approved.
drop function if exists decide_review(uuid, text, text, text, text);
drop function if exists decide_review(uuid, text, text, text, text, boolean);
create or replace function decide_review(p_id uuid, p_decision text, p_data text, p_message text, p_by text, p_auto boolean default false, p_blob uuid default null) returns json
language plpgsql volatile as $$
declare
  v_root uuid;
  v_review reviews%rowtype;
  v_execution executions%rowtype;
  v_seq bigint;
  v_at timestamptz;
begin
  select root_id into v_root from reviews where id = p_id;
  if not found then
    return json_build_object('because', 'missing');
  end if;
  perform 1 from trees where root_id = v_root for no key update;
  -- A new snapshot from here on: see commit_step.
  select * into v_review from reviews where id = p_id;
  select * into v_execution from executions where id = v_review.execution_id;
  if cardinality(v_review.answerers) > 0 and p_by <> all (v_review.answerers) then
    return json_build_object('because', 'forbidden');
  elsif v_review.status in ('approved', 'rejected') then
    return json_build_object('because', case
      when v_review.status::text = p_decision and v_review.data::text is not distinct from p_data and v_review.message is not distinct from p_message
        and v_review.auto_approve = p_auto then 'same'
      else 'decided' end);
  elsif v_review.status <> 'waiting' then
    return json_build_object('because', v_review.status);
  elsif exists (select 1 from path_fence(v_root, v_execution.id, v_execution.ancestors)) then
    return json_build_object('because', 'fenced');
  end if;
  v_at := date_trunc('milliseconds', clock_timestamp());
  update trees set seq = seq + 1 where root_id = v_root returning seq into v_seq;
  if p_blob is not null then
    insert into blob_uses (root_id, blob_id) values (v_root, p_blob) on conflict do nothing;
  end if;
  update reviews set status = p_decision::review_status, data = p_data::json, message = p_message, auto_approve = p_auto, decided_by = p_by, decided_at = v_at where id = p_id;
  update executions set version = version + 1 where id = v_execution.id;
  insert into event_rows (root_id, seq, type, at, execution_id, node_execution_id, data)
    values (v_root, v_seq, 'review.decided', v_at, v_execution.id, p_id, json_build_object('decision', p_decision, 'decidedBy', p_by, 'autoApprove', p_auto));
  insert into outbox (kind, subject_id, due_at) values ('poke', v_execution.id, v_at);
  return json_build_object('because', null);
end $$;
