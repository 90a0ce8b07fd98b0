-- Deletes what was answered more than a day ago.
-- row: how many
SELECT overt.prune_requests()
