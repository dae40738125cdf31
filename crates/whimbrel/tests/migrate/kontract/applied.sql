INSERT INTO storage (id, ptr, owner) VALUES ('users', 'tbl_users_abc123', 'me'), ('posts', 'tbl_posts_d4e5f6', 'me');
ALTER TABLE tbl_users_abc123 ADD COLUMN email TEXT;
ALTER TABLE tbl_users_abc123 ADD COLUMN age DOUBLE PRECISION;
INSERT INTO tbl_users_abc123 (id, data, _owner, email, age) VALUES ('1', '{"name": "ada"}', 'me', 'ada@example.org', 36);
