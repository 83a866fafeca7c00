ALTER TABLE "executions" ADD COLUMN "item" integer;--> statement-breakpoint
ALTER TABLE "node_executions" ADD COLUMN "map_items" integer;--> statement-breakpoint
ALTER TABLE "node_executions" ADD COLUMN "map_admitted" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "node_executions" ADD COLUMN "map_ended" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "node_executions" ADD COLUMN "map_failed" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "executions_one_of_item" ON "executions" USING btree ("parent_node_execution_id","item") WHERE "executions"."item" is not null;--> statement-breakpoint
CREATE INDEX "executions_live_items" ON "executions" USING btree ("parent_node_execution_id") WHERE "executions"."item" is not null and "executions"."ended_at" is null;--> statement-breakpoint
ALTER TABLE "executions" ADD CONSTRAINT "item_has_a_map" CHECK ("executions"."item" is null or ("executions"."item" >= 0 and "executions"."parent_node_execution_id" is not null));--> statement-breakpoint
ALTER TABLE "node_executions" ADD CONSTRAINT "node_map_counts" CHECK (0 <= "node_executions"."map_failed" and "node_executions"."map_failed" <= "node_executions"."map_ended" and "node_executions"."map_ended" <= "node_executions"."map_admitted" and "node_executions"."map_admitted" <= coalesce("node_executions"."map_items", 0));--> statement-breakpoint
ALTER TABLE "node_executions" ADD CONSTRAINT "node_map_ends_last" CHECK ("node_executions"."status" <> 'COMPLETED' or "node_executions"."map_items" is null or "node_executions"."map_ended" = "node_executions"."map_items");