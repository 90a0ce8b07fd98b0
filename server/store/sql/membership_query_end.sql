-- Ends a membership query; nothing of the reference stays.
-- $1 uuid: id  $2 text: state  $3 uuid: by whom, or null
UPDATE overt.membership_query
SET state = $2, decided_by = $3, commitment = NULL
WHERE id = $1
