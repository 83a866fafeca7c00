DROP INDEX "executions_live_of_tree";--> statement-breakpoint
CREATE INDEX "executions_live_of_tree" ON "executions" USING btree ("root_id","id") WHERE "executions"."ended_at" is null;