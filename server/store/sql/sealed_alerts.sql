-- Alerts that are not about to be erased.
-- row: alert
SELECT id FROM overt.alert WHERE NOT overt.alert_is_due(id)
