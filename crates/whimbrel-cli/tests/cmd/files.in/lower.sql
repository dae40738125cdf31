-- Slugs are told apart without regard to case from now on.
UPDATE posts SET slug = lower(slug);
CREATE UNIQUE INDEX posts_by_slug ON posts (slug COLLATE NOCASE);
DELETE FROM tag WHERE name = '';
