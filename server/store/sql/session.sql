-- What every session starts with. Names in statements are always qualified; a commit that is
-- acknowledged is durable, whatever the cluster's own default; locks and forgotten transactions
-- do not wait for ever. There is no statement timeout: it could cut short a commit that waits for
-- its standby.
-- row: fsync: what the cluster has it at
SELECT setting.fsync
FROM (SELECT pg_catalog.current_setting('fsync') AS fsync) AS setting
CROSS JOIN LATERAL (
    SELECT
        pg_catalog.set_config('search_path', 'pg_catalog', false),
        pg_catalog.set_config('TimeZone', 'UTC', false),
        pg_catalog.set_config('default_transaction_isolation', 'read committed', false),
        pg_catalog.set_config('lock_timeout', '10s', false),
        pg_catalog.set_config('idle_in_transaction_session_timeout', '60s', false),
        pg_catalog.set_config(
            'synchronous_commit',
            CASE pg_catalog.current_setting('synchronous_commit')
                WHEN 'remote_apply' THEN 'remote_apply'
                ELSE 'on'
            END,
            false)
) AS done
