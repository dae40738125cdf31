-- Migration: create-users
-- Generated: 2026-01-31T10:00:00.000Z
-- Checksum: 940346515eafdb3b90839e572ed77defcfe857657e1d7bed9df19ee03da7649d, proof: exact

CREATE TABLE "users" (
  "id" integer PRIMARY KEY,
  "name" text
);

-- whimbrel: down
-- WARNING: users: all rows are lost

-- users: all rows are lost
DROP TABLE "users";
