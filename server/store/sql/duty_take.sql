-- Begins a duty.
-- $1 uuid: deployment  $2 uuid: person  $3 text: role  $4 timestamptz: when
INSERT INTO overt.duty (deployment_id, person_id, role, since, last_seen)
VALUES ($1, $2, $3, $4, $4)
