CREATE TABLE "holds" (
	"execution_id" uuid PRIMARY KEY NOT NULL,
	"root_id" uuid NOT NULL,
	"reason" text,
	"requested_by" text NOT NULL,
	"seq" bigint NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "holds" ADD CONSTRAINT "holds_root_id_trees_root_id_fk" FOREIGN KEY ("root_id") REFERENCES "public"."trees"("root_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "holds_of_tree" ON "holds" USING btree ("root_id");