-- Proposes a change of the settings, or records one that tightens; its cameras follow.
-- $1 uuid: id  $2 uuid: deployment  $3 text: direction  $4, $5, $6 bytea: digests of the settings
-- that it changes, of those that it makes, of the reason  $7 real: threshold  $8 int: cool-down
-- $9 int: smallest face  $10 .. $16 real: the gate  $17 uuid: by whom  $18 timestamptz: when
-- $19 text: state
INSERT INTO overt.settings_change (
    id, deployment_id, direction, base_digest, settings_digest, reason_digest, threshold,
    cool_down_s, min_face_px, gate_eye_distance_px, gate_sharpness, gate_yaw_deg, gate_pitch_deg,
    gate_roll_deg, gate_brightness_min, gate_brightness_max, proposed_by, proposed_at, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
