ALTER TYPE "public"."stop_cause" ADD VALUE 'limit';--> statement-breakpoint
ALTER TYPE "public"."stop_cause" ADD VALUE 'time';--> statement-breakpoint
ALTER TYPE "public"."stop_cause" ADD VALUE 'failure';--> statement-breakpoint
ALTER TYPE "public"."stop_cause" ADD VALUE 'budget';--> statement-breakpoint
ALTER TABLE "executions" ADD COLUMN "lineage_depth" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "executions" ADD COLUMN "origin_execution_id" uuid;--> statement-breakpoint
ALTER TABLE "executions" ADD COLUMN "origin_node_execution_id" uuid;--> statement-breakpoint
ALTER TABLE "executions" ADD COLUMN "detached_executions" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "executions" ADD COLUMN "deadline_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "node_executions" ADD COLUMN "iteration" integer;--> statement-breakpoint
ALTER TABLE "stops" ADD COLUMN "include_detached" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "stops" ADD COLUMN "ends_as" "end_reason";--> statement-breakpoint
ALTER TABLE "stops" ADD COLUMN "error" json;--> statement-breakpoint
ALTER TABLE "stops" ADD COLUMN "detached" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
CREATE INDEX "executions_by_deadline" ON "executions" USING btree ("deadline_at") WHERE "executions"."ended_at" is null and "executions"."deadline_at" is not null;--> statement-breakpoint
CREATE INDEX "executions_of_origin" ON "executions" USING btree ("origin_execution_id") WHERE "executions"."origin_execution_id" is not null;--> statement-breakpoint
ALTER TABLE "executions" ADD CONSTRAINT "lineage_holds_depth" CHECK ("executions"."lineage_depth" >= "executions"."depth");--> statement-breakpoint
ALTER TABLE "executions" ADD CONSTRAINT "only_roots_are_detached" CHECK ("executions"."origin_execution_id" is null or "executions"."depth" = 0);