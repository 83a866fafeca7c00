ALTER TABLE "executions" ADD COLUMN "resurrections" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "node_executions" ADD COLUMN "resurrects" uuid;--> statement-breakpoint
CREATE UNIQUE INDEX "node_executions_resurrect_once" ON "node_executions" USING btree ("resurrects") WHERE "node_executions"."resurrects" is not null;--> statement-breakpoint
ALTER TABLE "executions" ADD CONSTRAINT "resurrections_not_negative" CHECK ("executions"."resurrections" >= 0);