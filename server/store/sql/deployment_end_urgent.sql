-- What is closed and rested on an oral authorisation only: its written one did not come.
-- $1 uuid: id  $2 text: why
UPDATE overt.deployment
SET end_reason = $2
WHERE id = $1
