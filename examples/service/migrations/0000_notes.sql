-- Migration: notes
-- Generated: 2026-02-01T10:00:00.000Z
-- Checksum: f883efdaafd9121ee067ea9a2eeab5c50421a85501fc1b08cb0c198ee1aee94e

CREATE TABLE "notes" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "title" TEXT NOT NULL,
  "body" TEXT NOT NULL DEFAULT '',
  "written_at" TEXT NOT NULL DEFAULT (datetime('now')),
  CHECK (length(title) BETWEEN 1 AND 200)
) STRICT;
