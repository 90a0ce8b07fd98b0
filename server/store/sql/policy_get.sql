-- One version of the policy, or the one in force.
-- $1 int: version, 0 for the one in force
-- row: all columns; the floors of models as 32 bytes of digest and 4 of value each
SELECT policy.version, base_version, array_to_string(categories, ','),
       array_to_string(operational_locations, ','), array_to_string(exercise_locations, ','),
       subjects_max, blue_list_max, window_max_h, policy.threshold_floor,
       (SELECT string_agg(floor.model_digest || float4send(floor.threshold_floor), ''::bytea
                          ORDER BY floor.model_digest)
        FROM overt.policy_floor AS floor
        WHERE floor.version = policy.version),
       old_image_years, minor_below_years, retention_watchlist_max_h, retention_alert_max_h,
       retention_true_alert_max_h, blind_first, second_verifier, urgent_written_max_h,
       urgent_repeat_days, live_per_day_max_h, same_place_m, far_target_ppm, console_lock_s,
       heartbeat_s, sample_permille, sample_min, review_max_h, membership_per_day,
       evidence_review_days, policy.proposed_by, proposed_at, document_digest,
       coalesce(decision, 'proposed'), decided_by, decided_at
FROM overt.policy AS policy LEFT JOIN overt.policy_decision AS decided USING (version)
WHERE version = CASE WHEN $1 = 0 THEN overt.policy_in_force() ELSE $1 END
