-- Migration: visits
-- Generated: 2026-01-31T10:00:00.000Z
-- Checksum: dca631c5369bf8c1e4792fe4bdf5f5c4c81e7dd20bc6f8fbcc714285ef776f32

ALTER TABLE "users" ADD COLUMN "name" text;
--> statement-breakpoint
CREATE TABLE "visits" (
  "id" integer PRIMARY KEY,
  "user_id" integer NOT NULL,
  "page" text NOT NULL,
  FOREIGN KEY ("user_id") REFERENCES "users" ("id")
);
--> statement-breakpoint
CREATE INDEX "visits_by_user" ON "visits" ("user_id");
