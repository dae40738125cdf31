CREATE TABLE people (
  id       INTEGER PRIMARY KEY,
  nickname TEXT NOT NULL CHECK (length(nickname) > 1),
  -- whimbrel: renamed-from joined
  since    TEXT NOT NULL DEFAULT '2026-01-01'
);
