/* What must hold after any bad day, asked of the database, the vault and the client's books. */
#ifndef OVERT_TESTS_DAYS_INVARIANTS_H
#define OVERT_TESTS_DAYS_INVARIANTS_H

#include "tests/integration/days/load.h"

/*
 * Each match has one alert in the database, was acknowledged as one, and reached the site under one
 * id; each alert has one event and each event an alert; feed numbers have no gaps.
 */
void assert_each_match_has_one_alert(struct load *load);

/* Each alert has its key; how many keys there are without an alert. */
long vault_orphans(struct world *world);

#endif
