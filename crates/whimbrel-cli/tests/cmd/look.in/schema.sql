-- Everything here must survive the way through the database and back.
CREATE TABLE authors (
  id    INTEGER PRIMARY KEY,
  email TEXT NOT NULL UNIQUE COLLATE NOCASE,
  name  TEXT NOT NULL DEFAULT 'it''s me' CHECK (name <> '')
) STRICT;

CREATE TABLE "order items" (
  "group" INTEGER NOT NULL,
  no      INTEGER NOT NULL,
  author  INTEGER REFERENCES authors (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
  total   REAL AS (no * 1.5) STORED,
  PRIMARY KEY ("group", no DESC)
) WITHOUT ROWID;

CREATE INDEX by_author ON "order items" (author, lower("group")) WHERE author IS NOT NULL;

CREATE VIEW busy AS
SELECT author, count(*) AS items FROM "order items" GROUP BY author;

CREATE TRIGGER no_delete BEFORE DELETE ON authors
BEGIN
  SELECT RAISE(ABORT, 'authors stay; they never go');
END;
