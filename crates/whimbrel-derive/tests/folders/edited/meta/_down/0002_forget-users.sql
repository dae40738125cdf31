-- Down migration for: forget-users

PRAGMA foreign_keys=OFF;
--> statement-breakpoint
CREATE TABLE "__new_visits" (
  "id" integer PRIMARY KEY,
  "user_id" integer NOT NULL,
  "page" text NOT NULL,
  FOREIGN KEY ("user_id") REFERENCES "users" ("id")
);
--> statement-breakpoint
-- visits(user_id): may fail if rows refer to nothing
-- visits: writes every row anew
INSERT INTO "__new_visits" ("id", "user_id", "page") SELECT "id", "user_id", "page" FROM "visits";
--> statement-breakpoint
DROP TABLE "visits";
--> statement-breakpoint
ALTER TABLE "__new_visits" RENAME TO "visits";
--> statement-breakpoint
CREATE INDEX "visits_by_user" ON "visits" ("user_id");
--> statement-breakpoint
PRAGMA foreign_keys=ON;
