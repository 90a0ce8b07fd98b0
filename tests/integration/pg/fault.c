/* Faults put into a database on purpose; see pg.h. */
#include <stdio.h>

#include "tests/integration/pg/pg.h"

void pg_stick(struct pg *pg, const char *table, const char *id)
{
    char sql[512];
    (void)snprintf(sql, sizeof(sql),
                   "CREATE FUNCTION overt.stuck() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE "
                   "''stuck''; END'; CREATE TRIGGER stuck BEFORE UPDATE ON %s FOR EACH ROW WHEN "
                   "(NEW.id = '%.36s') EXECUTE FUNCTION overt.stuck()",
                   table, id);
    pg_sql(pg, "owner", sql);
}

void pg_unstick(struct pg *pg)
{
    pg_sql(pg, "owner", "DROP FUNCTION overt.stuck CASCADE");
}
