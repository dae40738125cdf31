CREATE TABLE a (x TEXT);
-- café
