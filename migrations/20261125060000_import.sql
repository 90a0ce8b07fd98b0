-- migrate:up

SET LOCAL ROLE overt_owner;

ALTER TABLE watchlist.image
    ADD COLUMN content_tag bytea
        CONSTRAINT image_content_tag CHECK (octet_length(content_tag) = 32),
    ADD CONSTRAINT image_once UNIQUE (deployment_id, entry_id, content_tag);
COMMENT ON COLUMN watchlist.image.content_tag IS
    'Keyed digest of the image''s bytes under the deployment''s key: a photograph that comes again for its entry is known, so an import that is cut off adds nothing twice';

RESET ROLE;

-- migrate:down

SET LOCAL ROLE overt_owner;

ALTER TABLE watchlist.image
    DROP CONSTRAINT image_once,
    DROP COLUMN content_tag;

RESET ROLE;
