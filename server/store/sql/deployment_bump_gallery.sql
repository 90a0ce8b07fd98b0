-- The searched list has changed.
-- $1 uuid: id
UPDATE overt.deployment
SET gallery_version = gallery_version + 1
WHERE id = $1
