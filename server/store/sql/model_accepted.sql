-- Whether a model is accepted for operational use now.
-- $1 bytea: model digest
-- row: accepted, lowest threshold (0 when not)
SELECT overt.model_accepted($1) IS NOT NULL, coalesce(overt.model_accepted($1), 0::real)
