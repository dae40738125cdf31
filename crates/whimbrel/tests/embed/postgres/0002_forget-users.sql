-- Migration: forget-users
-- Generated: 2026-01-31T10:00:00.000Z
-- Checksum: 0a52c58742c3539e6443ec219669a17fe4de0d85762dcc7a8fa35748a2b06f3b

ALTER TABLE "visits" DROP CONSTRAINT "visits_user_id_fkey";
--> statement-breakpoint
-- visits(user_id): may fail if rows refer to nothing
-- visits: blocks writes while it reads every row
ALTER TABLE "visits" ADD CONSTRAINT "visits_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE;
