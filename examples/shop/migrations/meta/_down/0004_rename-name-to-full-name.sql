-- Down migration for: rename-name-to-full-name

ALTER TABLE "customers" RENAME COLUMN "full_name" TO "name";
