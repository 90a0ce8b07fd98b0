-- Any step but application and authorisation; each writes its own time, the first going live too.
-- $1 uuid: id  $2 text: the new state  $3 timestamptz: when  $4 text: why it ended (or null)
UPDATE overt.deployment
SET state = $2::text,
    state_at = $3,
    went_live_at = CASE WHEN $2 = 'live' THEN coalesce(went_live_at, $3) ELSE went_live_at END,
    closed_at = CASE WHEN $2 IN ('closed', 'refused', 'cancelled') THEN $3 ELSE closed_at END,
    end_reason = CASE WHEN $2 IN ('closed', 'refused', 'cancelled') THEN $4 ELSE end_reason END,
    erased_at = CASE WHEN $2 = 'erased' THEN $3 ELSE erased_at END
WHERE id = $1
