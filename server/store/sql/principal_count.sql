-- How many principals there are, active or not.
-- row: count
SELECT count(*) FROM overt.principal
