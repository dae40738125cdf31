CREATE TABLE users (
  id    INTEGER PRIMARY KEY,
  nick  TEXT NOT NULL,
  email TEXT
);

CREATE VIEW with_email AS SELECT id, email FROM users WHERE email IS NOT NULL;
