-- A blog: who writes, what they write, what others say about it.
-- `cargo run -- push` in the root of the repository makes blog.db have it.

CREATE TABLE authors (
  id    INTEGER PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name  TEXT NOT NULL,
  bio   TEXT
) STRICT;

CREATE TABLE posts (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  author_id    INTEGER NOT NULL REFERENCES authors (id) ON DELETE CASCADE,
  slug         TEXT NOT NULL UNIQUE CHECK (slug <> '' AND slug NOT GLOB '*[^a-z0-9-]*'),
  title        TEXT NOT NULL,
  body         TEXT NOT NULL DEFAULT '',
  words        INTEGER GENERATED ALWAYS AS (length(body) - length(replace(body, ' ', '')) + 1) VIRTUAL,
  published_at TEXT,
  updated_at   TEXT NOT NULL DEFAULT (datetime('now'))
) STRICT;

CREATE INDEX posts_by_author ON posts (author_id, published_at DESC);
CREATE INDEX posts_published ON posts (published_at DESC) WHERE published_at IS NOT NULL;

CREATE TABLE tags (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE
) STRICT;

CREATE TABLE post_tags (
  post_id INTEGER NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  tag_id  INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
  PRIMARY KEY (post_id, tag_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX post_tags_by_tag ON post_tags (tag_id);

CREATE TABLE comments (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  post_id    INTEGER NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  parent_id  INTEGER REFERENCES comments (id) ON DELETE CASCADE,
  author     TEXT NOT NULL,
  body       TEXT NOT NULL CHECK (length(body) BETWEEN 1 AND 10000),
  created_at TEXT NOT NULL DEFAULT (datetime('now'))
) STRICT;

CREATE INDEX comments_by_post ON comments (post_id, created_at);

-- What the front page shows.
CREATE VIEW published_posts AS
SELECT posts.id, posts.slug, posts.title, authors.name AS author, posts.published_at,
       (SELECT count(*) FROM comments WHERE comments.post_id = posts.id) AS comments
FROM posts
JOIN authors ON authors.id = posts.author_id
WHERE posts.published_at IS NOT NULL;

CREATE TRIGGER posts_touch AFTER UPDATE OF title, body ON posts
BEGIN
  UPDATE posts SET updated_at = datetime('now') WHERE id = new.id;
END;
