-- What of a round its approver has still to open.
-- $1 uuid: deployment  $2 uuid: round
-- row: entry
SELECT drawn.entry_id
FROM watchlist.round_entry AS drawn
JOIN watchlist.round AS round
    ON round.deployment_id = drawn.deployment_id AND round.id = drawn.round_id
JOIN watchlist.entry AS entry
    ON entry.deployment_id = drawn.deployment_id AND entry.id = drawn.entry_id
WHERE drawn.deployment_id = $1 AND drawn.round_id = $2 AND round.deployment_id = $1
  AND entry.deployment_id = $1 AND entry.state = 'proposed'
  AND (drawn.flagged OR drawn.sampled OR watchlist.entry_flagged($1, drawn.entry_id))
  AND NOT EXISTS (SELECT FROM watchlist.opening
                  WHERE opening.deployment_id = $1 AND opening.entry_id = drawn.entry_id
                    AND opening.opened_by = round.drawn_by AND opening.images = drawn.images)
ORDER BY entry.added_at, entry.id
