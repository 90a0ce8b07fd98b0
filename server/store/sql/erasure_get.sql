-- How far the erasure of a list has come.
-- $1 uuid: deployment
-- row: deployment, due, begun, who asked for it early (or null), entries, images, ledger ('' if open)
--      and when, the waiver by which it was left out (or null), subjects and unreadable entries (0
--      unless written), likewise digests of images and unreadable images, key found missing, and
--      destroyed, when (or null), keys destroyed (of an erasure from before they were counted: 1,
--      unless the key was gone), tables dropped and certified when (or null), certificate's digest
--      (zeros without one)
SELECT deployment_id, due_at, begun_at, asked_by, entries::bigint, images::bigint,
       coalesce(ledger, ''), ledger_at, waiver_id, coalesce(subjects, 0)::bigint,
       coalesce(unreadable, 0)::bigint, coalesce(image_digests, 0)::bigint,
       coalesce(unreadable_images, 0)::bigint, key_missing_at, key_destroyed_at,
       CASE WHEN key_destroyed_at IS NULL THEN 0
            ELSE coalesce(keys, (ledger <> 'key_gone')::integer) END::bigint,
       dropped_at, certified_at,
       coalesce(certificate, decode(repeat('00', 32), 'hex'))
FROM overt.list_erasure
WHERE deployment_id = $1
