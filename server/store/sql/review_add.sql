-- A list is re-confirmed.
-- $1 uuid: id  $2 uuid: deployment  $3 uuid: who  $4 timestamptz: when  $5 bigint: list version
-- $6 to $16 bigint: approved, added, removed, expired, re-listed, of these with the same images,
-- with a new one and not known, under another reference before, lists compared and not
INSERT INTO overt.watchlist_review (
    id, deployment_id, reviewed_by, reviewed_at, gallery_version, approved, added, removed,
    expired, relisted, relisted_same, relisted_new, relisted_unknown, other_reference,
    lists_compared, lists_not_compared)
VALUES ($1, $2, $3, $4, $5, $6::bigint, $7::bigint, $8::bigint, $9::bigint, $10::bigint,
        $11::bigint, $12::bigint, $13::bigint, $14::bigint, $15::bigint, $16::bigint)
