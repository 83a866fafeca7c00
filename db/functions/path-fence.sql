-- The fence an execution is under, if any: its own, or a subtree fence above it. A subtree fence wins over a `self` one.
-- Called inside steps: being STABLE it would see the caller's snapshot, so it is VOLATILE and sees what is committed now.
create or replace function path_fence(p_root uuid, p_id uuid, p_ancestors uuid[])
returns table (scope fence_scope, stop_id uuid, execution_id uuid)
language sql volatile as $$
  select f.scope, f.stop_id, f.execution_id
    from fences f
   where f.root_id = p_root
     and (f.execution_id = p_id or (f.scope = 'subtree' and f.execution_id = any (p_ancestors)))
   order by f.scope desc, f.seq
   limit 1
$$;
