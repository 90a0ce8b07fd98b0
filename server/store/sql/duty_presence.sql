-- How many adjudicators are present and how many engagement officers are on duty. Whoever was
-- suspended or has lost the role does not count.
-- $1 uuid: deployment  $2 timestamptz: adjudicators heard of since
-- row: adjudicators, engagement officers
SELECT count(*) FILTER (WHERE duty.role = 'adjudicator' AND duty.last_seen >= $2),
       count(*) FILTER (WHERE duty.role = 'engagement_officer')
FROM overt.duty AS duty
JOIN overt.principal AS principal ON principal.id = duty.person_id AND principal.active
JOIN overt.principal_role AS held
  ON held.principal_id = duty.person_id AND held.role = duty.role
WHERE duty.deployment_id = $1 AND duty.until IS NULL
