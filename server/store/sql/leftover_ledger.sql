-- Erased lists whose ledger does not hold what it was said to: every erased list, with what is wrong.
-- row: code ('' if nothing is wrong), deployment, since when
SELECT CASE
           WHEN erasure.deployment_id IS NULL
                OR (erasure.ledger = 'written'
                    AND (erasure.subjects <> (SELECT count(*) FROM audit.membership AS membership
                                              WHERE membership.deployment_id = deployment.id)
                         OR coalesce(erasure.image_digests, 0)
                            <> (SELECT count(*) FROM audit.membership_image AS image
                                WHERE image.deployment_id = deployment.id)))
               THEN 'ledger.missing'
           ELSE ''
       END,
       deployment.id, erasure.ledger_at
FROM overt.deployment AS deployment
LEFT JOIN overt.list_erasure AS erasure ON erasure.deployment_id = deployment.id
WHERE deployment.state = 'erased'
