PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE a (b integer primary key, c text default 'x;y');
INSERT INTO a VALUES(1,replace('a\nb','\n',char(10)));
CREATE VIRTUAL TABLE f USING fts5(c, content='a')
/* f(c) */;
DELETE FROM sqlite_sequence;
COMMIT;
.tables a
