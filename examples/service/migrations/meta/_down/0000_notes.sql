-- Down migration for: notes
-- WARNING: notes: all rows are lost

-- notes: all rows are lost
DROP TABLE "notes";
