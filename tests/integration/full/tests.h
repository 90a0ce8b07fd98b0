/* The tests of the program integration_full: an office whose disks are small. */
#ifndef OVERT_TESTS_FULL_TESTS_H
#define OVERT_TESTS_FULL_TESTS_H

#include "tests/integration/ctl/office.h"

/* Below the world's folder. */
#define TABLES "small" /* where a list's photographs are */
#define LIST_KEYS "vault/watchlist"
#define ALERT_KEYS "vault/alert"
#define DESK "desk" /* of whoever imports */

extern const struct CMUnitTest import_full_tests[];
extern const size_t import_full_test_count;
extern const struct CMUnitTest vault_full_tests[];
extern const size_t vault_full_test_count;

#endif
