-- Within commit_step: the tree uses the large values that its written units refer to, and a detached nested graph those of its inputs.
create or replace function record_blob_uses(p_root uuid, p_units json, p_verdicts json, p_children json) returns void
language plpgsql volatile as $$
begin
  insert into blob_uses (root_id, blob_id)
    select distinct p_root, b.id::uuid
      from json_to_recordset(p_units) as x (u int, blobs json)
      join json_to_recordset(p_verdicts) as k (u int, because text) on k.u = x.u and k.because is null
      cross join lateral json_array_elements_text(x.blobs) as b (id)
    on conflict do nothing;
  insert into blob_uses (root_id, blob_id)
    select distinct c.id, b.id::uuid
      from json_to_recordset(p_children) as c (u int, id uuid, at_event int, blobs json)
      join json_to_recordset(p_verdicts) as k (u int, because text) on k.u = c.u and k.because is null
      cross join lateral json_array_elements_text(c.blobs) as b (id)
     where c.at_event is null
    on conflict do nothing;
end $$;
