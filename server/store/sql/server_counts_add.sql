-- A site's minute as this server counted it; the first writing of it stands.
-- $1 uuid: server run  $2 uuid: deployment  $3 uuid: site  $4 timestamptz: minute
-- $5 bigint: probes compared  $6 bigint: alerts  $7 bigint: suppressed
INSERT INTO audit.server_minute_count (
    server_run, deployment_id, site_id, minute, probes_compared, alerts, suppressed)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING
