ALTER TABLE "executions" ADD COLUMN "resumed_from" uuid;--> statement-breakpoint
ALTER TABLE "executions" ADD COLUMN "rerun_except" text[];--> statement-breakpoint
ALTER TABLE "executions" ADD COLUMN "rerun_from_seq" bigint;--> statement-breakpoint
ALTER TABLE "node_executions" ADD COLUMN "reused_from" uuid;