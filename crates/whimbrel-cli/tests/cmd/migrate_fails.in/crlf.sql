-- Migration: create-users
-- Generated: 2026-01-31T10:00:00.000Z
-- Checksum: 27bc60255e67e4ada72d4fb364a607b2beb9362008386ef9559739b5aec69349

CREATE TABLE "users" (
  "id" INTEGER PRIMARY KEY,
  "name" TEXT NOT NULL
);
