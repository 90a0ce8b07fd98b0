-- migrate:up

SET LOCAL ROLE overt_owner;

-- --- beside the image, while its list is there ---------------------------------------------------

ALTER TABLE watchlist.image
    ADD COLUMN sealed_ledger_digest overt.sealed
        CONSTRAINT image_ledger_digest_size CHECK (octet_length(sealed_ledger_digest) <= 256);
COMMENT ON COLUMN watchlist.image.sealed_ledger_digest IS
    'The image''s digest as the ledger will hold it, sealed with the deployment''s key: in the clear it would lead from the ledger to the entry. Empty: computed from the image when it is needed';

-- --- in the ledger, once the list is erased ------------------------------------------------------

CREATE TABLE audit.membership_image (
    deployment_id uuid NOT NULL,
    digest bytea NOT NULL
        CONSTRAINT membership_image_digest CHECK (octet_length(digest) = 32),
    CONSTRAINT membership_image_key PRIMARY KEY (digest, deployment_id)
);
CREATE INDEX membership_image_by_deployment ON audit.membership_image (deployment_id);
COMMENT ON TABLE audit.membership_image IS
    'Which image files were on which list, as keyed digests; written when the list is erased, all at once and sorted. Nothing says whose image one is. Append-only';
COMMENT ON COLUMN audit.membership_image.deployment_id IS
    'The deployment; no foreign key, so that a replica of this schema stands alone';
COMMENT ON COLUMN audit.membership_image.digest IS
    'HMAC-SHA-256(ledger key, 0x00 "overt ledger image v1" 0x00 SHA-256(the file)): tells whether it is the same file, nothing of the face';

CREATE TRIGGER membership_image_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.membership_image
    FOR EACH STATEMENT EXECUTE FUNCTION overt.refuse_change();
ALTER TABLE audit.membership_image ENABLE ALWAYS TRIGGER membership_image_append_only;

-- The defaults say of the erasures there are that no digest was written, and go.
ALTER TABLE overt.list_erasure
    ADD COLUMN image_digests integer DEFAULT 0,
    ADD COLUMN unreadable_images integer DEFAULT 0;
ALTER TABLE overt.list_erasure
    ALTER COLUMN image_digests DROP DEFAULT,
    ALTER COLUMN unreadable_images DROP DEFAULT,
    ADD CONSTRAINT list_erasure_images CHECK (
        (image_digests IS NULL) = (unreadable_images IS NULL)
        AND (image_digests IS NULL OR (image_digests >= 0 AND unreadable_images >= 0)));
COMMENT ON COLUMN overt.list_erasure.image_digests IS
    'Digests of images in the ledger; 0 also for a list that was erased before the ledger had any';
COMMENT ON COLUMN overt.list_erasure.unreadable_images IS
    'Images of approved entries that did not open';

-- Like audit.write_membership: one value, sorted here, one statement of the same transaction.
CREATE FUNCTION audit.write_membership_images(for_deployment uuid, digests bytea, unreadable_count integer)
    RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    erasure overt.list_erasure := overt.erasure_at(for_deployment);
    there bigint;
    written integer;
BEGIN
    IF erasure.ledger IS DISTINCT FROM 'written' OR erasure.image_digests IS NOT NULL THEN
        RAISE EXCEPTION 'the ledger has these images already, or not their subjects'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_order';
    END IF;
    SELECT count(*) INTO there
    FROM watchlist.image AS image
    JOIN watchlist.entry AS entry
        ON entry.deployment_id = image.deployment_id AND entry.id = image.entry_id
    WHERE image.deployment_id = for_deployment AND entry.deployment_id = for_deployment
      AND entry.approved_at IS NOT NULL AND image.state <> 'rejected';
    -- One file may have come twice, under two references, so fewer rows are possible.
    IF octet_length(digests) % 32 <> 0 OR unreadable_count < 0
       OR octet_length(digests) / 32 + unreadable_count <> there THEN
        RAISE EXCEPTION '% bytes of digests and % unreadable do not fit % images',
                        octet_length(digests), unreadable_count, there
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_count';
    END IF;
    INSERT INTO audit.membership_image (deployment_id, digest)
    SELECT for_deployment, one.digest
    FROM (SELECT DISTINCT substring(digests FROM 32 * n + 1 FOR 32) AS digest
          FROM generate_series(0, octet_length(digests) / 32 - 1) AS n) AS one
    ORDER BY one.digest;
    GET DIAGNOSTICS written = ROW_COUNT;
    UPDATE overt.list_erasure SET image_digests = written, unreadable_images = unreadable_count
    WHERE deployment_id = for_deployment;
    RETURN written;
END
$body$;
COMMENT ON FUNCTION audit.write_membership_images(uuid, bytea, integer) IS
    'Writes the digests of a list''s images into the ledger, after its subjects: the one way. Returns how many';

CREATE FUNCTION overt.list_erasure_check_images() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    -- A list of nobody has no images to write.
    IF NEW.ledger = 'written' AND NEW.subjects + NEW.unreadable > 0 AND NEW.image_digests IS NULL
    THEN
        RAISE EXCEPTION 'the ledger comes before the key goes, with the images'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_order';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.list_erasure_check_images() IS
    'Trigger: a list''s key is not said to be destroyed while the ledger has its subjects without their images';
CREATE TRIGGER list_erasure_images BEFORE UPDATE OF key_destroyed_at ON overt.list_erasure
    FOR EACH ROW WHEN (NEW.key_destroyed_at IS NOT NULL)
    EXECUTE FUNCTION overt.list_erasure_check_images();

-- --- what a review found -------------------------------------------------------------------------

ALTER TABLE overt.watchlist_review
    ADD COLUMN relisted_same integer,
    ADD COLUMN relisted_new integer,
    ADD COLUMN relisted_unknown integer,
    ADD COLUMN other_reference integer,
    ADD COLUMN lists_compared integer,
    ADD COLUMN lists_not_compared integer,
    ADD CONSTRAINT watchlist_review_relisted CHECK (
        relisted_same >= 0 AND relisted_new >= 0 AND relisted_unknown >= 0
        AND relisted_same + relisted_new + relisted_unknown = relisted
        AND other_reference BETWEEN 0 AND added
        AND lists_compared >= 0 AND lists_not_compared >= 0);
COMMENT ON COLUMN overt.watchlist_review.relisted IS
    'Of those added, how many were on the list of another deployment of the same kind, erased or still there';
COMMENT ON COLUMN overt.watchlist_review.relisted_same IS
    'Of those, with no image that was not on an earlier list with them; empty in reviews from before this was counted, like the columns below';
COMMENT ON COLUMN overt.watchlist_review.relisted_new IS
    'Of those, with an image that was not';
COMMENT ON COLUMN overt.watchlist_review.relisted_unknown IS
    'Of those, known only from lists that were erased before the ledger had images';
COMMENT ON COLUMN overt.watchlist_review.other_reference IS
    'Of those added, how many have an image that was on another list under another reference';
COMMENT ON COLUMN overt.watchlist_review.lists_compared IS 'With how many other lists';
COMMENT ON COLUMN overt.watchlist_review.lists_not_compared IS
    'Lists still there that could not be opened, or not wholly';

GRANT SELECT ON audit.membership_image TO overt_server, overt_oversight;
GRANT EXECUTE ON FUNCTION audit.write_membership_images(uuid, bytea, integer) TO overt_server;

RESET ROLE;

-- migrate:down

SET LOCAL ROLE overt_owner;

COMMENT ON COLUMN overt.watchlist_review.relisted IS
    'Of those added: known from the lists of earlier deployments';
ALTER TABLE overt.watchlist_review
    DROP CONSTRAINT watchlist_review_relisted,
    DROP COLUMN relisted_same,
    DROP COLUMN relisted_new,
    DROP COLUMN relisted_unknown,
    DROP COLUMN other_reference,
    DROP COLUMN lists_compared,
    DROP COLUMN lists_not_compared;
DROP TRIGGER list_erasure_images ON overt.list_erasure;
DROP FUNCTION overt.list_erasure_check_images();
DROP FUNCTION audit.write_membership_images(uuid, bytea, integer);
ALTER TABLE overt.list_erasure
    DROP CONSTRAINT list_erasure_images,
    DROP COLUMN image_digests,
    DROP COLUMN unreadable_images;
DROP TABLE audit.membership_image;
ALTER TABLE watchlist.image DROP COLUMN sealed_ledger_digest;

RESET ROLE;
