CREATE TYPE "public"."review_kind" AS ENUM('approval', 'question', 'action');--> statement-breakpoint
ALTER TABLE "reviews" ADD COLUMN "kind" "review_kind" DEFAULT 'approval' NOT NULL;--> statement-breakpoint
ALTER TABLE "reviews" ADD COLUMN "answerers" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "reviews" ADD COLUMN "auto_approve" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "reviews" ADD CONSTRAINT "auto_approve_is_approved" CHECK (not "reviews"."auto_approve" or ("reviews"."status" = 'approved' and "reviews"."kind" <> 'question'));