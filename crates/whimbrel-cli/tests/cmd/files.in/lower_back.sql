DROP INDEX posts_by_slug;
