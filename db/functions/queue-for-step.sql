-- Steps of one tree wait for each other here, before they wait for the tree's row: so at most one of them stands before a fence, which
-- goes to the row at once. Row locks are given in the order of asking: behind 32 connections a fence would wait for 32 steps.
-- Called first in a step that starts or grows something; fences and settlings do not call it. Held to the end of the transaction.
create or replace function queue_for_step(p_root uuid) returns void
language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(p_root::text, 0));
end $$;
