-- A proposal about people, and what became of it.
-- $1 uuid: id
-- row: id, kind, principal_id, name, kind of principal, roles (comma-separated), uri,
--      proposed_by, proposed_at, expires_at, state, decided_by, decided_at
SELECT decision.id, decision.kind, decision.principal_id,
       COALESCE(decision.name, principal.name), COALESCE(principal.kind, 'person'),
       array_to_string(decision.roles, ','), decision.uri, decision.proposed_by,
       decision.proposed_at, decision.expires_at, decision.state, decision.decided_by,
       decision.decided_at
FROM overt.people_decision AS decision
LEFT JOIN overt.principal AS principal ON principal.id = decision.principal_id
WHERE decision.id = $1
