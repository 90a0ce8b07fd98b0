-- Which of these alerts there are: each may have a key.
-- $1 uuid[]: ids
-- row: id, true
SELECT id, true FROM overt.alert WHERE id = ANY ($1::uuid[])
