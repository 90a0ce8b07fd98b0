-- Draft -> applied.
-- $1 uuid: id  $2 uuid: who applies  $3 timestamptz: when  $4 int: policy (0: none)
UPDATE overt.deployment
SET state = 'applied', state_at = $3, applied_by = $2, applied_at = $3,
    policy_version = nullif($4::int, 0)
WHERE id = $1
