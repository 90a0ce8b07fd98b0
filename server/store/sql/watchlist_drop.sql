-- Drops the tables of an ended deployment's watchlist.
-- $1 uuid: deployment
SELECT watchlist.drop_partitions($1)
