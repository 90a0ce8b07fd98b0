-- Records how a proposed policy was decided on.
-- $1 int: version  $2 text: approved or refused  $3 uuid: who  $4 timestamptz: when
INSERT INTO overt.policy_decision (version, decision, proposed_by, decided_by, decided_at)
SELECT version, $2, proposed_by, $3, $4
FROM overt.policy
WHERE version = $1
