-- Goes on with an erasure without a ledger.
-- $1 uuid: deployment  $2 uuid: the waiver by which
SELECT overt.erasure_without_ledger($1, $2)
