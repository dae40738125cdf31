CREATE TABLE storage (
  id TEXT PRIMARY KEY,
  ptr TEXT NOT NULL,
  owner TEXT NOT NULL,
  permissions INT NOT NULL DEFAULT 7
);
CREATE TABLE tbl_users_abc123 (
  id TEXT PRIMARY KEY,
  data TEXT NOT NULL,
  _version INT DEFAULT 1,
  _owner TEXT NOT NULL,
  CHECK (json_valid(data))
);
CREATE INDEX tbl_users_abc123_owner ON tbl_users_abc123 (_owner);
CREATE TABLE tbl_posts_d4e5f6 (id TEXT PRIMARY KEY, data TEXT NOT NULL);
