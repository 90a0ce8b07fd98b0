-- Replaces what a draft says; deployment_name_parts and its cameras follow.
-- $1 uuid: id  $2 text: name  $3 text: purpose  $4 text: kind  $5, $6 timestamptz: window
-- $7 real: threshold  $8 int: cool-down  $9 int: smallest face  $10 bytea: model digest
-- $11, $12 bytea: digests of application and settings  $13 text: type of location (or null)
-- $14 bool: whether there is a place  $15, $16 int: latitude, longitude  $17, $18 int: expected
-- footfall and entries (0: not said)  $19, $20, $21 int: retention of list, alerts, true alerts
-- $22 text[]: flags
-- $23 uuid: who edits  $24 timestamptz: when  $25 int: the revision that it becomes
UPDATE overt.deployment
SET name = $2, purpose = $3, kind = $4, starts_at = $5, ends_at = $6, threshold = $7,
    cool_down_s = $8, min_face_px = $9, model_digest = $10, application_digest = $11,
    settings_digest = $12, location_type = $13,
    latitude_e6 = CASE WHEN $14::boolean THEN $15::int END,
    longitude_e6 = CASE WHEN $14::boolean THEN $16::int END,
    expected_footfall = nullif($17::int, 0), expected_entries = nullif($18::int, 0),
    retention_watchlist_h = $19, retention_alert_h = $20, retention_true_alert_h = $21,
    flags = $22::text[], edited_by = $23, edited_at = $24, revision = $25
WHERE id = $1
