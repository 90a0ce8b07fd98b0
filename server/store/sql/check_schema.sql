-- Which migrations the database has had.
-- row: the newest version (or null), how many
SELECT max(version)::text, count(*)
FROM public.schema_migrations
