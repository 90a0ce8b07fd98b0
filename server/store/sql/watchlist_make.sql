-- Makes the tables of a deployment's watchlist.
-- $1 uuid: deployment
SELECT watchlist.make_partitions($1)
