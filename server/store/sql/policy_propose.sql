-- Proposes a version of the policy; policy_floor_add follows in the same transaction.
-- $1 int: base version  $2, $3, $4 text[]: categories, locations (operational, exercise)
-- $5, $6, $7 int: subjects, blue list, window  $8 real: threshold floor  $9 int: old image
-- $10 int: minor  $11, $12, $13 int: retention (watchlist, alert, true alert)
-- $14, $15 bool: blind first, second verifier  $16, $17 int: urgent (written, repeat)
-- $18, $19 int: live in 24 h, same place  $20 int: FAR  $21, $22 int: console lock, heartbeat
-- $23, $24 int: sample  $25, $26, $27 int: review, membership, evidence
-- $28 uuid: who  $29 timestamptz: when  $30 bytea: document
-- row: version
INSERT INTO overt.policy (
    version, base_version, categories, operational_locations, exercise_locations, subjects_max,
    blue_list_max, window_max_h, threshold_floor, old_image_years, minor_below_years,
    retention_watchlist_max_h, retention_alert_max_h, retention_true_alert_max_h, blind_first,
    second_verifier, urgent_written_max_h, urgent_repeat_days, live_per_day_max_h, same_place_m,
    far_target_ppm, console_lock_s, heartbeat_s, sample_permille, sample_min, review_max_h,
    membership_per_day, evidence_review_days, proposed_by, proposed_at,
    document_digest)
SELECT coalesce(max(version), 0) + 1, $1, $2::text[], $3::text[], $4::text[], $5, $6, $7, $8, $9,
       $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
       $28, $29, $30
FROM overt.policy
RETURNING version
