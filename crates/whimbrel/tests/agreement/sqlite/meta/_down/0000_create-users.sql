-- Down migration for: create-users
-- WARNING: users: all rows are lost

-- users: all rows are lost
DROP TABLE "users";
