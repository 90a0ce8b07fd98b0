-- How many membership queries were asked within 24 hours.
-- row: count
SELECT count(*) FROM overt.membership_query WHERE asked_at > now() - interval '24 hours'
