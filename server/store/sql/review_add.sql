-- A list is re-confirmed.
-- $1 uuid: id  $2 uuid: deployment  $3 uuid: who  $4 timestamptz: when  $5 bigint: list version
-- $6 to $10 bigint: approved, added, removed, expired, re-listed
INSERT INTO overt.watchlist_review (
    id, deployment_id, reviewed_by, reviewed_at, gallery_version, approved, added, removed,
    expired, relisted)
VALUES ($1, $2, $3, $4, $5, $6::bigint, $7::bigint, $8::bigint, $9::bigint, $10::bigint)
