-- A round and how far its approver is; what has been withdrawn or changed since is left out. What
-- got a flag since it was drawn has to be opened too.
-- $1 uuid: deployment  $2 uuid: round
-- row: id, who, state, entries still in it, flagged, sampled of the others, opened of these two
SELECT round.id, round.drawn_by, round.state, count(part.entry_id),
       count(*) FILTER (WHERE part.flagged),
       count(*) FILTER (WHERE part.sampled AND NOT part.flagged),
       count(*) FILTER (WHERE (part.flagged OR part.sampled) AND part.seen)
FROM watchlist.round AS round
LEFT JOIN LATERAL (
    SELECT drawn.entry_id, drawn.sampled,
           drawn.flagged OR watchlist.entry_flagged($1, drawn.entry_id) AS flagged,
           EXISTS (SELECT FROM watchlist.opening
                   WHERE opening.deployment_id = $1 AND opening.entry_id = drawn.entry_id
                     AND opening.opened_by = round.drawn_by
                     AND opening.images = drawn.images) AS seen
    FROM watchlist.round_entry AS drawn
    JOIN watchlist.entry AS entry
        ON entry.deployment_id = $1 AND entry.id = drawn.entry_id
    WHERE drawn.deployment_id = $1 AND drawn.round_id = round.id AND entry.state = 'proposed'
) AS part ON true
WHERE round.deployment_id = $1 AND round.id = $2
GROUP BY round.id, round.drawn_by, round.state
