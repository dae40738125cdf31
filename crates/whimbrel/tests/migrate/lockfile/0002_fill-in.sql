-- Migration: fill-in
-- Generated: 2026-01-31T10:00:00.000Z
-- Checksum: 9beec2cc1ee41d4e18b487de884a00361afeaa9e3f896abc01c24168002734dc

-- Write the statements of this migration below, and the way back at the end of the file;
-- then run `whimbrel migrate verify`.

-- whimbrel: down
