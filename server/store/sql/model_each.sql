-- All proposed models, newest first.
-- row: id, model digest, report digest, lowest threshold, document, who, when, state, decided by, at
SELECT acceptance.id, model_digest, report_digest, threshold_floor, document_digest,
       acceptance.proposed_by, proposed_at, coalesce(decided.decision, 'proposed'),
       decided.decided_by, decided.decided_at
FROM overt.model_acceptance AS acceptance
LEFT JOIN LATERAL (
    SELECT decision, decided_by, decided_at
    FROM overt.model_decision
    WHERE acceptance_id = acceptance.id
    ORDER BY decision = 'withdrawn' DESC
    LIMIT 1
) AS decided ON true
ORDER BY proposed_at DESC, acceptance.id
