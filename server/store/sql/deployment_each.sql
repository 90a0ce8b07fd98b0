-- All deployments, newest first.
-- row: as deployment_get
SELECT id, name, purpose, kind, state, starts_at, ends_at, threshold, cool_down_s, min_face_px,
       model_digest, applied_by, authorised_by, applied_at, authorised_at, went_live_at, closed_at,
       gallery_version,
       (SELECT string_agg(uuid_send(named.site_id), ''::bytea ORDER BY named.site_id)
        FROM overt.deployment_site AS named
        WHERE named.deployment_id = deployment.id)
FROM overt.deployment AS deployment
ORDER BY applied_at DESC, id
