CREATE TABLE users (
  id       INTEGER PRIMARY KEY,
  nickname TEXT NOT NULL CHECK (length(nickname) > 1),
  joined   TEXT NOT NULL DEFAULT '2026-01-01'
);
