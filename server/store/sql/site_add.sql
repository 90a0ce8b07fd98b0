-- Adds a site.
-- $1 uuid: id  $2 uuid: its principal  $3 text: name  $4 timestamptz: added at
INSERT INTO overt.site (id, principal_id, name, added_at)
VALUES ($1, $2, $3, $4)
