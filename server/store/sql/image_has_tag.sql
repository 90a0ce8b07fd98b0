-- Whether an entry has this photograph.
-- $1 uuid: deployment  $2 uuid: entry  $3 bytea: content tag
-- row: whether it has
SELECT EXISTS (SELECT
               FROM watchlist.image
               WHERE deployment_id = $1 AND entry_id = $2 AND content_tag = $3)
