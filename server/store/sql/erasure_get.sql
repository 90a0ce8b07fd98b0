-- How far the erasure of a list has come.
-- $1 uuid: deployment
-- row: deployment, due, begun, who asked for it early (or null), entries, images, ledger ('' if open)
--      and when, subjects and unreadable entries (0 unless written), key destroyed, tables dropped and
--      certified when (or null), certificate's digest (zeros without one)
SELECT deployment_id, due_at, begun_at, asked_by, entries::bigint, images::bigint,
       coalesce(ledger, ''), ledger_at, coalesce(subjects, 0)::bigint,
       coalesce(unreadable, 0)::bigint, key_destroyed_at, dropped_at, certified_at,
       coalesce(certificate, decode(repeat('00', 32), 'hex'))
FROM overt.list_erasure
WHERE deployment_id = $1
