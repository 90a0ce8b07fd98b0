-- A deployment.
-- $1 uuid: id
-- row: id, name, purpose, kind, state, window's start and end, threshold, cool-down, smallest face,
--      model digest, who applied, who authorised (or null), times of application, authorisation,
--      going live and closing (or null), gallery version, site ids one after the other (or null)
SELECT id, name, purpose, kind, state, starts_at, ends_at, threshold, cool_down_s, min_face_px,
       model_digest, applied_by, authorised_by, applied_at, authorised_at, went_live_at, closed_at,
       gallery_version,
       (SELECT string_agg(uuid_send(named.site_id), ''::bytea ORDER BY named.site_id)
        FROM overt.deployment_site AS named
        WHERE named.deployment_id = deployment.id)
FROM overt.deployment AS deployment
WHERE id = $1
