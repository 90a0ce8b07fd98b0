-- Which of many pseudonyms are in the ledger of other lists.
-- $1 bytea: pseudonyms of 32 bytes, one after the other  $2 uuid: not of this deployment, or null
-- row: pseudonym, number of lists, latest list's last day (days since 1970-01-01) and deployment
SELECT membership.pseudonym, count(*),
       max(membership.last_day) - DATE '1970-01-01',
       (array_agg(membership.deployment_id
                  ORDER BY membership.last_day DESC, membership.deployment_id))[1]
FROM (SELECT DISTINCT substring($1::bytea FROM 32 * n + 1 FOR 32) AS pseudonym
      FROM generate_series(0, octet_length($1::bytea) / 32 - 1) AS n) AS asked
JOIN audit.membership AS membership ON membership.pseudonym = asked.pseudonym
WHERE $2::uuid IS NULL OR membership.deployment_id <> $2
GROUP BY membership.pseudonym
ORDER BY membership.pseudonym
