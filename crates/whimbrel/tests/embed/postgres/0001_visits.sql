-- Migration: visits
-- Generated: 2026-01-31T10:00:00.000Z
-- Checksum: 4d8596c06640a073252433bc2f99a7d62da161f0ed7ba7cf8d4b4a1ff9b1b45c

ALTER TABLE "users" ADD COLUMN "name" text;
--> statement-breakpoint
CREATE TABLE "visits" (
  "id" integer NOT NULL,
  "user_id" integer NOT NULL,
  "page" text NOT NULL,
  CONSTRAINT "visits_pkey" PRIMARY KEY ("id")
);
--> statement-breakpoint
ALTER TABLE "visits" ADD CONSTRAINT "visits_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id");
--> statement-breakpoint
CREATE INDEX "visits_by_user" ON "visits" ("user_id");
