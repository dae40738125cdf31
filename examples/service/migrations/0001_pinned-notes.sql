-- Migration: pinned-notes
-- Generated: 2026-02-02T10:00:00.000Z
-- Checksum: d19f5763554494136085c8f41f9d8fb40404aa046dcd936459969bb2ecf1ce2f

ALTER TABLE "notes" ADD COLUMN "pinned" INTEGER NOT NULL DEFAULT 0;
--> statement-breakpoint
CREATE INDEX "notes_pinned_id_idx" ON "notes" ("pinned", "id");
