-- Proposals about people, newest first.
-- $1 bool: those too that were decided on or have expired  $2 bigint: at most so many
-- $3 uuid: after this one, or null: from the newest
-- row: id, kind, principal_id, name, kind of principal, roles (comma-separated), uri,
--      proposed_by, proposed_at, expires_at, state, decided_by, decided_at
SELECT decision.id, decision.kind, decision.principal_id,
       COALESCE(decision.name, principal.name), COALESCE(principal.kind, 'person'),
       array_to_string(decision.roles, ','), decision.uri, decision.proposed_by,
       decision.proposed_at, decision.expires_at, decision.state, decision.decided_by,
       decision.decided_at
FROM overt.people_decision AS decision
LEFT JOIN overt.principal AS principal ON principal.id = decision.principal_id
WHERE ($1 OR (decision.state = 'proposed' AND decision.expires_at > now()))
  AND ($3::uuid IS NULL
       OR (decision.proposed_at, decision.id) < (SELECT proposed_at, id
                                                 FROM overt.people_decision WHERE id = $3))
ORDER BY decision.proposed_at DESC, decision.id DESC
LIMIT $2
