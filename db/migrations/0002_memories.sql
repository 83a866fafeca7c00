CREATE TABLE "memories" (
	"owner_id" text NOT NULL,
	"graph_id" uuid,
	"key" text NOT NULL,
	"value" json NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "memories_one_of_key" UNIQUE NULLS NOT DISTINCT("owner_id","graph_id","key")
);
