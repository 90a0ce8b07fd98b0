-- The sites and categories that a draft names; its cameras are named anew after this.
-- $1 uuid: id  $2 uuid[]: sites  $3 text[]: categories
WITH no_cameras AS (
    DELETE FROM overt.deployment_camera WHERE deployment_id = $1
), fewer_sites AS (
    DELETE FROM overt.deployment_site WHERE deployment_id = $1 AND site_id <> ALL ($2::uuid[])
), fewer_categories AS (
    DELETE FROM overt.deployment_category
    WHERE deployment_id = $1 AND category <> ALL ($3::text[])
), more_categories AS (
    INSERT INTO overt.deployment_category (deployment_id, category)
    SELECT $1, wanted FROM unnest($3::text[]) AS wanted
    WHERE wanted NOT IN (SELECT category FROM overt.deployment_category
                           WHERE deployment_id = $1)
)
INSERT INTO overt.deployment_site (deployment_id, site_id)
SELECT $1, wanted FROM unnest($2::uuid[]) AS wanted
WHERE wanted NOT IN (SELECT site_id FROM overt.deployment_site WHERE deployment_id = $1)
