-- Deployments, newest first, drafts before all others.
-- $1 uuid: after this one, or null: from the newest  $2 bigint: at most so many
-- row: as deployment_get
SELECT id, name, purpose, kind, state, starts_at, ends_at, threshold, cool_down_s, min_face_px,
       model_digest, applied_by, authorised_by, applied_at, authorised_at, went_live_at, closed_at,
       gallery_version,
       (SELECT string_agg(uuid_send(named.site_id), ''::bytea ORDER BY named.site_id)
        FROM overt.deployment_site AS named
        WHERE named.deployment_id = deployment.id),
       revision, edited_by, edited_at, coalesce(policy_version, 0), application_digest,
       settings_digest, coalesce(authority, 'none'), authorisation_digest, urgent, oral_by,
       recorded_by, oral_at, written_due_at, coalesce(end_reason, 'none'), location_type,
       latitude_e6 IS NOT NULL, coalesce(latitude_e6, 0), coalesce(longitude_e6, 0),
       coalesce(expected_footfall, 0), coalesce(expected_entries, 0), retention_watchlist_h,
       retention_alert_h, retention_true_alert_h, gate_eye_distance_px, gate_sharpness,
       gate_yaw_deg, gate_pitch_deg, gate_roll_deg, gate_brightness_min, gate_brightness_max,
       array_to_string(flags, ' '),
       (SELECT string_agg(named.category, ' ' ORDER BY named.category)
        FROM overt.deployment_category AS named
        WHERE named.deployment_id = deployment.id)
FROM overt.deployment AS deployment
WHERE $1::uuid IS NULL
   OR (coalesce(applied_at, 'infinity'), id) < (SELECT coalesce(applied_at, 'infinity'), id
                                                FROM overt.deployment WHERE id = $1)
ORDER BY coalesce(applied_at, 'infinity') DESC, id DESC
LIMIT $2
