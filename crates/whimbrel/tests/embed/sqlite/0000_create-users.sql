-- Migration: create-users
-- Generated: 2026-01-31T10:00:00.000Z
-- Checksum: 9bec3185695509cdc070dac78db7b64a0ba7ceded1a06d79ad72e4c0f33e8c72

CREATE TABLE "users" (
  "id" integer PRIMARY KEY,
  "email" varchar(80) NOT NULL,
  UNIQUE ("email")
);
