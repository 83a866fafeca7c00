CREATE TABLE "auditor" (
	"id" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"holder" uuid,
	"held_until" timestamp (3) with time zone,
	"orphans" jsonb DEFAULT '{}'::jsonb NOT NULL,
	CONSTRAINT "auditor_has_one_row" CHECK ("auditor"."id" = 1)
);
