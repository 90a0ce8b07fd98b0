-- Goes on with an erasure without a ledger.
-- $1 uuid: deployment  $2 text: why
SELECT overt.erasure_without_ledger($1, $2)
