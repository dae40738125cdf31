-- Migration: create-users
-- Generated: 2026-01-31T10:00:00.000Z
-- Checksum: 6cb5a76b656ce22cf4a4b2c8240c6b6ac78977e74364b474daf69ccf71d495fc

CREATE TABLE "users" (
  "id" integer NOT NULL,
  "email" character varying(80) NOT NULL,
  CONSTRAINT "users_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "users_email_key" UNIQUE ("email")
);
