-- Holds, newest first.
-- $1 uuid: after this one, or null: from the newest  $2 bigint: at most so many
-- row: id, alert, deployment, outcome, kind, brought by, sealed number, ended at, why and by; in force;
--      until when, proposed by, confirmed by and at; the open term: id, until when, by and at
SELECT hold.id, hold.alert_id, hold.deployment_id, hold.outcome, hold.kind, hold.brought_by,
       hold.sealed_number, hold.ended_at, hold.end_reason, hold.ended_by,
       overt.evidence_is_in_force(hold.id), held.review_at, held.proposed_by, held.confirmed_by,
       held.confirmed_at, open.id, open.review_at, open.proposed_by, open.proposed_at
FROM overt.evidence_hold AS hold
LEFT JOIN LATERAL (
    SELECT review_at, proposed_by, confirmed_by, confirmed_at
    FROM overt.evidence_term
    WHERE hold_id = hold.id AND confirmed_at IS NOT NULL
    ORDER BY review_at DESC
    LIMIT 1
) AS held ON true
LEFT JOIN overt.evidence_term AS open ON open.hold_id = hold.id AND open.confirmed_at IS NULL
WHERE $1::uuid IS NULL
   OR (hold.made_at, hold.id) < (SELECT made_at, id FROM overt.evidence_hold WHERE id = $1)
ORDER BY hold.made_at DESC, hold.id DESC
LIMIT $2
