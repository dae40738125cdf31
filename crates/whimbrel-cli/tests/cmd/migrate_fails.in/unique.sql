-- Migration: unique
-- Generated: 2026-01-31T10:00:00.000Z
-- Checksum: 0000000000000000000000000000000000000000000000000000000000000000

UPDATE users SET name = trim(name);
DELETE FROM users WHERE name = '';
CREATE UNIQUE INDEX users_by_name
  ON users (name);
