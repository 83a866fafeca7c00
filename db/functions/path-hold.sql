-- Whether an execution or one above it is held. Called inside steps: VOLATILE, so that it sees what is committed now (see path_fence).
create or replace function path_held(p_root uuid, p_id uuid, p_ancestors uuid[]) returns boolean
language sql volatile as $$
  select exists (select 1 from holds h where h.root_id = p_root and (h.execution_id = p_id or h.execution_id = any (p_ancestors)))
$$;
