-- Counts that the second person gave another reference.
-- $1 uuid: id
UPDATE overt.membership_query
SET mismatches = mismatches + 1
WHERE id = $1
