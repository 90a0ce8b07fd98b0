-- Ends what lasts of a person's duties: they were suspended, or lost the role.
-- $1 uuid: person  $2 text: role, or null for all  $3 timestamptz: when
UPDATE overt.duty
SET until = greatest($3, since, last_seen)
WHERE person_id = $1 AND until IS NULL AND ($2::text IS NULL OR role = $2)
