-- A deployment's duties, those that last first, then the newest.
-- $1 uuid: deployment
-- row: person, role, since, last_seen, until (or null), whether they may still act so
SELECT duty.person_id, duty.role, duty.since, duty.last_seen, duty.until,
       principal.active AND EXISTS (
           SELECT FROM overt.principal_role AS held
           WHERE held.principal_id = duty.person_id AND held.role = duty.role)
FROM overt.duty AS duty
JOIN overt.principal AS principal ON principal.id = duty.person_id
WHERE duty.deployment_id = $1
ORDER BY duty.until DESC NULLS FIRST, duty.since DESC, duty.person_id
