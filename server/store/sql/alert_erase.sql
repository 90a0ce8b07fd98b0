-- Deletes an alert whose time is over.
-- $1 uuid: alert
-- row: whether it was there
SELECT overt.erase_alert($1)
