-- Steps of one tree wait for each other here, before they wait for the tree's row: first for the queue, which has one step at its head, then
-- for the gate, at which a fence waits too. So at most one step stands before a fence: the next one finds it at the gate, where whoever
-- asked first goes first. Row locks alone are not enough: whoever asks while none is held takes one before those who still wake up.
-- Behind 32 connections a fence would wait for 32 steps. Called first in a step that starts or grows something; settlings do not
-- call it. Held to the end of the transaction.
create or replace function queue_for_step(p_root uuid) returns void
language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(p_root::text, 0));
  perform go_before_steps(p_root);
end $$;

-- Called first in what opens a fence, before the tree's row: a step holds the gate when it asks for the row.
create or replace function go_before_steps(p_root uuid) returns void
language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(p_root::text, 1));
end $$;
