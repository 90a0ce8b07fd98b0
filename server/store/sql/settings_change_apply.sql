-- Puts a change in force.
-- $1 uuid: id
UPDATE overt.deployment AS deployment
SET settings_digest = change.settings_digest,
    threshold = change.threshold,
    cool_down_s = change.cool_down_s,
    min_face_px = change.min_face_px,
    gate_eye_distance_px = change.gate_eye_distance_px,
    gate_sharpness = change.gate_sharpness,
    gate_yaw_deg = change.gate_yaw_deg,
    gate_pitch_deg = change.gate_pitch_deg,
    gate_roll_deg = change.gate_roll_deg,
    gate_brightness_min = change.gate_brightness_min,
    gate_brightness_max = change.gate_brightness_max
FROM overt.settings_change AS change
WHERE change.id = $1 AND deployment.id = change.deployment_id
