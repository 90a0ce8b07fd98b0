-- The notice of a deployment's application as it is now, and what became of it.
-- $1 uuid: deployment
-- row: revision, page digest, document digest; publication digest, by, at; waiver digest, by, at
SELECT notice.revision, notice.page_digest, notice.document_digest,
       publication.document_digest, publication.published_by, publication.published_at,
       waiver.document_digest, waiver.waived_by, waiver.waived_at
FROM overt.deployment AS deployment
JOIN overt.deployment_notice AS notice
    ON notice.deployment_id = deployment.id AND notice.revision = deployment.revision
LEFT JOIN LATERAL (
    SELECT document_digest, published_by, published_at
    FROM overt.notice_publication
    WHERE deployment_id = deployment.id AND notice_digest = notice.page_digest
    ORDER BY published_at DESC
    LIMIT 1
) AS publication ON true
LEFT JOIN overt.notice_waiver AS waiver ON waiver.deployment_id = deployment.id
WHERE deployment.id = $1
