-- Down migration for: visits
-- WARNING: users.name: all values are lost
-- WARNING: visits: all rows are lost

-- users.name: all values are lost
ALTER TABLE "users" DROP COLUMN "name";
--> statement-breakpoint
-- visits: all rows are lost
DROP TABLE "visits";
