-- Alerts that should be gone: every alert, with what is wrong with it.
-- $1 bigint: seconds after the due time that are no fault
-- row: code ('' if nothing is wrong), alert, since when it should be gone (or null)
SELECT CASE
           WHEN overt.alert_is_due(alert.id)
                AND clock_timestamp() > due.at + $1 * interval '1 second'
               THEN 'alert.overdue'
           ELSE ''
       END,
       alert.id, due.at
FROM overt.alert AS alert
JOIN overt.deployment AS authority ON authority.id = alert.deployment_id
CROSS JOIN LATERAL (
    SELECT CASE
               WHEN authority.end_reason IN ('urgent_refused', 'urgent_lapsed')
                   THEN least(alert.erase_at, authority.closed_at)
               ELSE alert.erase_at
           END AS at) AS due
