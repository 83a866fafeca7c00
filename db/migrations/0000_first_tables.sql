CREATE TYPE "public"."end_reason" AS ENUM('finished', 'node_failed', 'limit_exceeded', 'budget_exhausted', 'timed_out', 'lost', 'stopped', 'parent_stopped', 'abandoned', 'unfed');--> statement-breakpoint
CREATE TYPE "public"."fence_scope" AS ENUM('self', 'subtree');--> statement-breakpoint
CREATE TYPE "public"."placement" AS ENUM('inline', 'remote', 'child', 'wait');--> statement-breakpoint
CREATE TYPE "public"."status" AS ENUM('INCOMPLETE', 'QUEUED', 'RUNNING', 'WAITING', 'COMPLETED', 'FAILED', 'TERMINATED');--> statement-breakpoint
CREATE TYPE "public"."stop_cause" AS ENUM('request', 'signal', 'cancel', 'terminate', 'lost');--> statement-breakpoint
CREATE TYPE "public"."stop_outcome" AS ENUM('stopped', 'stopped_with_leftovers', 'already_finished', 'finished_first');--> statement-breakpoint
CREATE TYPE "public"."stop_status" AS ENUM('STOPPING', 'QUIESCED', 'CLOSED');--> statement-breakpoint
CREATE TABLE "events" (
	"root_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"type" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"execution_id" uuid NOT NULL,
	"node_execution_id" uuid,
	"data" json,
	CONSTRAINT "events_root_id_seq_pk" PRIMARY KEY("root_id","seq")
);
--> statement-breakpoint
CREATE TABLE "executions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"root_id" uuid NOT NULL,
	"parent_id" uuid,
	"parent_node_execution_id" uuid,
	"ancestors" uuid[] NOT NULL,
	"depth" integer NOT NULL,
	"owner_id" text NOT NULL,
	"actor" text NOT NULL,
	"graph_id" uuid NOT NULL,
	"graph_version" integer NOT NULL,
	"status" "status" NOT NULL,
	"end_reason" "end_reason",
	"stop_id" uuid,
	"inputs" json NOT NULL,
	"error" json,
	"limits" jsonb NOT NULL,
	"labels" jsonb NOT NULL,
	"budget" bigint,
	"priority" integer DEFAULT 3 NOT NULL,
	"version" integer DEFAULT 0 NOT NULL,
	"open" integer DEFAULT 0 NOT NULL,
	"waiting" integer DEFAULT 0 NOT NULL,
	"node_executions" integer DEFAULT 0 NOT NULL,
	"failed_node_executions" integer DEFAULT 0 NOT NULL,
	"unhandled_failures" integer DEFAULT 0 NOT NULL,
	"child_executions" integer DEFAULT 0 NOT NULL,
	"charge" bigint DEFAULT 0 NOT NULL,
	"first_run_id" text,
	"created_seq" bigint NOT NULL,
	"started_seq" bigint,
	"ended_seq" bigint,
	"created_at" timestamp (3) with time zone NOT NULL,
	"started_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "ended_iff_terminal" CHECK (("executions"."ended_at" is not null) = ("executions"."status" in ('COMPLETED', 'FAILED', 'TERMINATED'))),
	CONSTRAINT "reason_fits_status" CHECK (case "executions"."status"
        when 'COMPLETED' then "executions"."end_reason" is not distinct from 'finished'
        when 'FAILED' then "executions"."end_reason" is not null and "executions"."end_reason" in ('node_failed', 'limit_exceeded', 'budget_exhausted', 'timed_out', 'lost')
        when 'TERMINATED' then "executions"."end_reason" is not null and "executions"."end_reason" in ('stopped', 'parent_stopped', 'abandoned')
        else "executions"."end_reason" is null end),
	CONSTRAINT "started_before_running" CHECK ("executions"."started_at" is not null or "executions"."status" not in ('RUNNING', 'WAITING', 'COMPLETED')),
	CONSTRAINT "counts_not_negative" CHECK ("executions"."open" >= 0 and "executions"."waiting" >= 0 and "executions"."waiting" <= "executions"."open"),
	CONSTRAINT "nothing_open_when_ended" CHECK ("executions"."ended_at" is null or "executions"."open" = 0),
	CONSTRAINT "depth_is_ancestors" CHECK ("executions"."depth" = cardinality("executions"."ancestors")),
	CONSTRAINT "root_has_no_parent" CHECK (("executions"."parent_id" is null) = ("executions"."depth" = 0) and ("executions"."depth" > 0 or "executions"."root_id" = "executions"."id")),
	CONSTRAINT "ancestors_lead_to_parent" CHECK ("executions"."depth" = 0 or ("executions"."ancestors"[1] = "executions"."root_id" and "executions"."ancestors"["executions"."depth"] = "executions"."parent_id")),
	CONSTRAINT "budget_not_negative" CHECK ("executions"."budget" is null or "executions"."budget" >= 0)
);
--> statement-breakpoint
CREATE TABLE "fences" (
	"execution_id" uuid PRIMARY KEY NOT NULL,
	"root_id" uuid NOT NULL,
	"scope" "fence_scope" NOT NULL,
	"stop_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "graphs" (
	"id" uuid NOT NULL,
	"version" integer NOT NULL,
	"owner_id" text NOT NULL,
	"name" text NOT NULL,
	"description" text NOT NULL,
	"definition" json NOT NULL,
	"input_schema" json NOT NULL,
	"output_schema" json NOT NULL,
	"sub_graphs" json NOT NULL,
	"content_hash" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "graphs_id_version_pk" PRIMARY KEY("id","version"),
	CONSTRAINT "version_from_one" CHECK ("graphs"."version" >= 1)
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"owner_id" text NOT NULL,
	"route" text NOT NULL,
	"key" text NOT NULL,
	"body_hash" text NOT NULL,
	"response" json,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_owner_id_route_key_pk" PRIMARY KEY("owner_id","route","key")
);
--> statement-breakpoint
CREATE TABLE "node_executions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"execution_id" uuid NOT NULL,
	"root_id" uuid NOT NULL,
	"node_id" text NOT NULL,
	"block_id" text NOT NULL,
	"placement" "placement" NOT NULL,
	"seq" bigint NOT NULL,
	"status" "status" NOT NULL,
	"end_reason" "end_reason",
	"attempt" integer DEFAULT 0 NOT NULL,
	"inputs" json NOT NULL,
	"host_id" uuid,
	"error" json,
	"missing_pins" text[],
	"child_execution_id" uuid,
	"wake_at" timestamp (3) with time zone,
	"wakes_left" integer,
	"emitted" integer DEFAULT 0 NOT NULL,
	"delivered" integer DEFAULT 0 NOT NULL,
	"closed" boolean DEFAULT false NOT NULL,
	"charge" bigint DEFAULT 0 NOT NULL,
	"usage" jsonb,
	"queued_seq" bigint,
	"started_seq" bigint,
	"ended_seq" bigint,
	"queued_at" timestamp (3) with time zone,
	"started_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "node_ended_iff_terminal" CHECK (("node_executions"."ended_at" is not null) = ("node_executions"."status" in ('COMPLETED', 'FAILED', 'TERMINATED'))),
	CONSTRAINT "node_closed_when_ended" CHECK (not "node_executions"."closed" or "node_executions"."ended_at" is not null),
	CONSTRAINT "node_queued_unless_incomplete" CHECK ("node_executions"."queued_seq" is not null or "node_executions"."status" in ('INCOMPLETE', 'TERMINATED')),
	CONSTRAINT "node_delivered_within_emitted" CHECK ("node_executions"."delivered" between 0 and "node_executions"."emitted"),
	CONSTRAINT "node_wait_has_time" CHECK ("node_executions"."status" <> 'WAITING' or "node_executions"."placement" = 'wait'),
	CONSTRAINT "node_reason_fits_status" CHECK (case "node_executions"."status"
        when 'COMPLETED' then "node_executions"."end_reason" is not distinct from 'finished'
        when 'FAILED' then "node_executions"."end_reason" is not null and "node_executions"."end_reason" in ('node_failed', 'limit_exceeded', 'budget_exhausted', 'timed_out', 'lost')
        when 'TERMINATED' then "node_executions"."end_reason" is not null and "node_executions"."end_reason" in ('stopped', 'parent_stopped', 'abandoned', 'unfed')
        else "node_executions"."end_reason" is null end)
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"subject_id" uuid NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outputs" (
	"node_execution_id" uuid NOT NULL,
	"ordinal" integer NOT NULL,
	"pin" text NOT NULL,
	"value" json,
	CONSTRAINT "outputs_node_execution_id_ordinal_pk" PRIMARY KEY("node_execution_id","ordinal")
);
--> statement-breakpoint
CREATE TABLE "stops" (
	"id" uuid PRIMARY KEY NOT NULL,
	"root_id" uuid NOT NULL,
	"execution_id" uuid NOT NULL,
	"owner_id" text NOT NULL,
	"status" "stop_status" NOT NULL,
	"outcome" "stop_outcome",
	"cause" "stop_cause" NOT NULL,
	"reason" text,
	"requested_by" text NOT NULL,
	"cascade" boolean NOT NULL,
	"deadline_at" timestamp (3) with time zone NOT NULL,
	"requested_at" timestamp (3) with time zone NOT NULL,
	"fenced_at" timestamp (3) with time zone,
	"quiesced_at" timestamp (3) with time zone,
	"closed_at" timestamp (3) with time zone,
	"counts" jsonb NOT NULL,
	"leftovers" jsonb NOT NULL,
	"proof" jsonb,
	CONSTRAINT "closed_iff_outcome" CHECK (("stops"."status" = 'CLOSED') = ("stops"."outcome" is not null))
);
--> statement-breakpoint
CREATE TABLE "trees" (
	"root_id" uuid PRIMARY KEY NOT NULL,
	"owner_id" text NOT NULL,
	"seq" bigint NOT NULL,
	"executions" integer NOT NULL,
	"live_executions" integer NOT NULL,
	"node_executions" bigint NOT NULL,
	"max_depth" integer NOT NULL,
	"charge" bigint NOT NULL,
	CONSTRAINT "live_within_all" CHECK ("trees"."live_executions" between 0 and "trees"."executions")
);
--> statement-breakpoint
ALTER TABLE "executions" ADD CONSTRAINT "executions_root_id_trees_root_id_fk" FOREIGN KEY ("root_id") REFERENCES "public"."trees"("root_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "executions" ADD CONSTRAINT "executions_graph_id_graph_version_graphs_id_version_fk" FOREIGN KEY ("graph_id","graph_version") REFERENCES "public"."graphs"("id","version") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "executions" ADD CONSTRAINT "executions_parent_id_executions_id_fk" FOREIGN KEY ("parent_id") REFERENCES "public"."executions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "fences" ADD CONSTRAINT "fences_root_id_trees_root_id_fk" FOREIGN KEY ("root_id") REFERENCES "public"."trees"("root_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "fences" ADD CONSTRAINT "fences_stop_id_stops_id_fk" FOREIGN KEY ("stop_id") REFERENCES "public"."stops"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stops" ADD CONSTRAINT "stops_root_id_trees_root_id_fk" FOREIGN KEY ("root_id") REFERENCES "public"."trees"("root_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "executions_of_owner" ON "executions" USING btree ("owner_id","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "executions_of_graph" ON "executions" USING btree ("graph_id","created_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "executions_of_tree" ON "executions" USING btree ("root_id","id");--> statement-breakpoint
CREATE INDEX "executions_of_parent" ON "executions" USING btree ("parent_id","id");--> statement-breakpoint
CREATE INDEX "executions_live_of_tree" ON "executions" USING btree ("root_id") WHERE "executions"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "fences_of_tree" ON "fences" USING btree ("root_id");--> statement-breakpoint
CREATE INDEX "graphs_of_owner" ON "graphs" USING btree ("owner_id","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "idempotency_keys_by_age" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "node_executions_in_order" ON "node_executions" USING btree ("execution_id","seq");--> statement-breakpoint
CREATE INDEX "node_executions_of_node" ON "node_executions" USING btree ("execution_id","node_id","queued_seq");--> statement-breakpoint
CREATE INDEX "node_executions_open_of_node" ON "node_executions" USING btree ("execution_id","node_id","queued_seq") WHERE "node_executions"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "node_executions_live" ON "node_executions" USING btree ("execution_id","status","queued_seq") WHERE "node_executions"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "node_executions_undelivered" ON "node_executions" USING btree ("execution_id","queued_seq") WHERE not "node_executions"."closed" and ("node_executions"."ended_at" is not null or "node_executions"."emitted" > "node_executions"."delivered");--> statement-breakpoint
CREATE INDEX "outbox_due" ON "outbox" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "outbox_of_subject" ON "outbox" USING btree ("subject_id");--> statement-breakpoint
CREATE UNIQUE INDEX "stops_one_of_execution" ON "stops" USING btree ("execution_id");--> statement-breakpoint
CREATE INDEX "stops_open" ON "stops" USING btree ("id") WHERE "stops"."status" <> 'CLOSED';