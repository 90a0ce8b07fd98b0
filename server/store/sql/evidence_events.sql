-- Events about an alert and its hold.
-- $1 uuid: alert  $2 uuid: hold
-- row: id
SELECT about FROM overt.evidence_events($1, $2) AS about
