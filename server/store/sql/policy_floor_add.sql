-- Adds a model's lowest threshold to a policy that this transaction proposes.
-- $1 int: version  $2 bytea: model digest  $3 real: lowest threshold
INSERT INTO overt.policy_floor (version, model_digest, threshold_floor)
VALUES ($1, $2, $3)
