-- Clears an alarm.
-- $1 uuid: id  $2 timestamptz: when  $3 uuid: by whom; null: its cause ended
UPDATE overt.alarm
SET cleared_at = $2, cleared_by = $3
WHERE id = $1
