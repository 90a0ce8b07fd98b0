-- Adds a draft; deployment_name_parts and its cameras follow in the same transaction.
-- $1 uuid: id  $2 text: name  $3 text: purpose  $4 text: kind  $5, $6 timestamptz: window
-- $7 real: threshold  $8 int: cool-down  $9 int: smallest face  $10 bytea: model digest
-- $11, $12 bytea: digests of application and settings  $13 text: type of location (or null)
-- $14 bool: whether there is a place  $15, $16 int: latitude, longitude  $17, $18 int: expected
-- footfall and entries (0: not said)  $19, $20, $21 int: retention of list, alerts, true alerts
-- $22 text[]: flags
-- $23 uuid: who drafts  $24 timestamptz: when
INSERT INTO overt.deployment (
    id, name, purpose, kind, state, starts_at, ends_at, threshold, cool_down_s, min_face_px,
    model_digest, application_digest, settings_digest, location_type, latitude_e6, longitude_e6,
    expected_footfall, expected_entries, retention_watchlist_h, retention_alert_h,
    retention_true_alert_h, flags, applied_by, edited_by, edited_at, state_at)
VALUES ($1, $2, $3, $4, 'draft', $5, $6, $7, $8, $9, $10, $11, $12, $13,
        CASE WHEN $14::boolean THEN $15::int END, CASE WHEN $14::boolean THEN $16::int END,
        nullif($17::int, 0), nullif($18::int, 0), $19, $20, $21, $22::text[], $23, $23, $24, $24)
