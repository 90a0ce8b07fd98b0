-- Approves or refuses a change.
-- $1 uuid: id  $2 text: in_force or refused  $3 uuid: by whom  $4 timestamptz: when
UPDATE overt.settings_change
SET state = $2, decided_by = $3, decided_at = $4
WHERE id = $1
