ALTER TABLE "node_executions" ADD COLUMN "reserved" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "node_executions_reserving" ON "node_executions" USING btree ("root_id") WHERE "node_executions"."reserved" > 0 and "node_executions"."ended_at" is null;--> statement-breakpoint
ALTER TABLE "node_executions" ADD CONSTRAINT "node_charge_not_negative" CHECK ("node_executions"."charge" >= 0 and "node_executions"."reserved" >= 0);--> statement-breakpoint
ALTER TABLE "node_executions" ADD CONSTRAINT "node_charged_at_its_end" CHECK ("node_executions"."charge" = 0 or "node_executions"."ended_at" is not null);--> statement-breakpoint
ALTER TABLE "trees" ADD CONSTRAINT "charge_not_negative" CHECK ("trees"."charge" >= 0);