-- Migration: rename-name-to-full-name
-- Generated: 2026-02-04T10:00:00.000Z
-- Checksum: 65dd100ec2e586ade27b80d3aac660136b9a477bcfa0468db1b1b4f5b6b9d1c7

-- Renamed: column customers.name to customers.full_name
ALTER TABLE "customers" RENAME COLUMN "name" TO "full_name";
