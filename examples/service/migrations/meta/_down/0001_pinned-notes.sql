-- Down migration for: pinned-notes
-- WARNING: notes.pinned: all values are lost

DROP INDEX "notes_pinned_id_idx";
--> statement-breakpoint
-- notes.pinned: all values are lost
ALTER TABLE "notes" DROP COLUMN "pinned";
