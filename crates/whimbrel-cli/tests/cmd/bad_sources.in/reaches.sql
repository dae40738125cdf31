ATTACH DATABASE 'other.db' AS other;
CREATE TABLE a (x TEXT);
SELECT load_extension('evil');
VACUUM INTO 'copy.db';
