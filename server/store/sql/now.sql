-- The database's clock, not frozen by a transaction.
-- row: time
SELECT clock_timestamp()
