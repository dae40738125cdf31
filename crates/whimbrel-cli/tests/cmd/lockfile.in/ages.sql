UPDATE users SET age = 0 WHERE age IS NULL;
-- whimbrel: down
UPDATE users SET age = NULL WHERE age = 0;
