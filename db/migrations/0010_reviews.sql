CREATE TYPE "public"."review_status" AS ENUM('waiting', 'approved', 'rejected', 'timed_out', 'withdrawn');--> statement-breakpoint
CREATE TABLE "reviews" (
	"id" uuid PRIMARY KEY NOT NULL,
	"execution_id" uuid NOT NULL,
	"root_id" uuid NOT NULL,
	"owner_id" text NOT NULL,
	"status" "review_status" NOT NULL,
	"question" text,
	"payload" json,
	"schema" json,
	"editable" boolean NOT NULL,
	"data" json,
	"message" text,
	"decided_by" text,
	"deadline_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"decided_at" timestamp (3) with time zone,
	CONSTRAINT "decided_iff_not_waiting" CHECK (("reviews"."status" = 'waiting') = ("reviews"."decided_at" is null))
);
--> statement-breakpoint
ALTER TABLE "reviews" ADD CONSTRAINT "reviews_root_id_trees_root_id_fk" FOREIGN KEY ("root_id") REFERENCES "public"."trees"("root_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "reviews_of_owner" ON "reviews" USING btree ("owner_id","created_at","id");--> statement-breakpoint
CREATE INDEX "reviews_of_execution" ON "reviews" USING btree ("execution_id");--> statement-breakpoint
CREATE INDEX "reviews_of_tree" ON "reviews" USING btree ("root_id");