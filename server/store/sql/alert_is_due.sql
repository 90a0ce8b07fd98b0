-- Whether an alert has to go now, and is not held as evidence.
-- $1 uuid: alert
-- row: whether
SELECT coalesce(overt.alert_is_due($1), false)
