-- Records a decision on a proposed model.
-- $1 uuid: id  $2 text: approved, refused or withdrawn  $3 uuid: who  $4 timestamptz: when
INSERT INTO overt.model_decision (acceptance_id, decision, proposed_by, decided_by, decided_at)
SELECT id, $2, proposed_by, $3, $4
FROM overt.model_acceptance
WHERE id = $1
