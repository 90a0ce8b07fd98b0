-- A deployment's alerts without an answer about their crop, after a feed number, in order.
-- $1 uuid: deployment  $2 bigint: after  $3 bigint: at most so many
-- row: id, feed number, when raised
SELECT id, feed_number, raised_at
FROM overt.alert
WHERE deployment_id = $1 AND feed_number > $2 AND crop_state = 'awaited'
ORDER BY feed_number
LIMIT $3
