CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO users (name) VALUES ('Ada Lovelace'), ('Grace Hopper');
-- whimbrel: down
DROP TABLE users;
