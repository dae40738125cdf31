-- Migration: create-users
-- Generated: 2026-01-31T10:00:00.000Z
-- Checksum: f861cd97d3c88b1d5a03048d00f74a88e67385e8c5304d412bdec14c4c3784da

CREATE TABLE "users" (
  "id" INTEGER PRIMARY KEY,
  "email" TEXT NOT NULL,
  CONSTRAINT "users_email_key" UNIQUE ("email")
);
