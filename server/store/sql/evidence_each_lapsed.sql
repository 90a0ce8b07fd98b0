-- Open holds that keep nothing and can no longer: not renewed in time, or never confirmed and their
-- term or their alert is over.
-- row: id, alert, deployment
SELECT hold.id, hold.alert_id, hold.deployment_id
FROM overt.evidence_hold AS hold
WHERE hold.ended_at IS NULL AND NOT overt.evidence_is_in_force(hold.id)
  AND (EXISTS (SELECT FROM overt.evidence_term AS term
               WHERE term.hold_id = hold.id AND term.confirmed_at IS NOT NULL)
       OR NOT EXISTS (SELECT FROM overt.evidence_term AS term
                      WHERE term.hold_id = hold.id
                        AND term.review_at > pg_catalog.clock_timestamp())
       OR NOT EXISTS (SELECT FROM overt.alert AS alert WHERE alert.id = hold.alert_id))
ORDER BY hold.id
