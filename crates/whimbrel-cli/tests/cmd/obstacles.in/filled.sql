CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE users (
  id    INTEGER PRIMARY KEY,
  name  TEXT NOT NULL DEFAULT 'nobody',
  email TEXT,
  age   TEXT,
  team  INTEGER
);
