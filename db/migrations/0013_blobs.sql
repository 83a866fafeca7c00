CREATE TABLE "blob_uses" (
	"root_id" uuid NOT NULL,
	"blob_id" uuid NOT NULL,
	CONSTRAINT "blob_uses_root_id_blob_id_pk" PRIMARY KEY("root_id","blob_id")
);
--> statement-breakpoint
CREATE TABLE "blobs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"owner_id" text NOT NULL,
	"content_type" text NOT NULL,
	"bytes" "bytea" NOT NULL,
	"kept_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "blob_uses" ADD CONSTRAINT "blob_uses_root_id_trees_root_id_fk" FOREIGN KEY ("root_id") REFERENCES "public"."trees"("root_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "blob_uses" ADD CONSTRAINT "blob_uses_blob_id_blobs_id_fk" FOREIGN KEY ("blob_id") REFERENCES "public"."blobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "blob_uses_of_blob" ON "blob_uses" USING btree ("blob_id");--> statement-breakpoint
CREATE INDEX "blobs_by_age" ON "blobs" USING btree ("kept_at");