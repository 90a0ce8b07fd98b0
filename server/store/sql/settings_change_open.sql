-- The change of a deployment that waits for a decision.
-- $1 uuid: deployment
-- row: id, digests of the settings that it changes, that it makes, of the reason, who proposed, when
SELECT id, base_digest, settings_digest, reason_digest, proposed_by, proposed_at
FROM overt.settings_change
WHERE deployment_id = $1 AND state = 'proposed'
