CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE UNIQUE INDEX users_by_name ON users (name);
