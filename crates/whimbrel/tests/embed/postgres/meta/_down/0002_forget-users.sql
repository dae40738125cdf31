-- Down migration for: forget-users

ALTER TABLE "visits" DROP CONSTRAINT "visits_user_id_fkey";
--> statement-breakpoint
-- visits(user_id): may fail if rows refer to nothing
-- visits: blocks writes while it reads every row
ALTER TABLE "visits" ADD CONSTRAINT "visits_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id");
