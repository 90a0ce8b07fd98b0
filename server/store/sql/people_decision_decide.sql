-- Confirms or withdraws a proposal about people; the trigger adds when.
-- $1 uuid: id  $2 text: state  $3 uuid: by whom
UPDATE overt.people_decision
SET state = $2, decided_by = $3
WHERE id = $1
