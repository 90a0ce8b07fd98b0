-- Makes a transaction that may have changed nothing wait for the standbys as one that has: a message
-- in the log, read by nobody. A commit waits for all of the log before it, so it also settles an
-- earlier commit whose wait was cut short.
SELECT pg_logical_emit_message(true, 'overt', '')
