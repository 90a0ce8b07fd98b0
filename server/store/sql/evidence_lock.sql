-- Locks a hold against any other decision about it.
-- $1 uuid: id
-- row: id
SELECT id FROM overt.evidence_hold WHERE id = $1 FOR UPDATE
