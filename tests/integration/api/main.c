/* Integration tests of server/api and server/service. */
#include "server/api/api.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/api/tests.h"

int main(void)
{
    int failed = 0;
    api_init_memory();
    if (bed_setup(NULL) != 0)
        return 1;
    failed += run_identity_tests();
    failed += run_requests_tests();
    failed += run_deployments_tests();
    failed += run_watchlist_tests();
    failed += run_alarms_tests();
    failed += run_alerts_tests();
    failed += run_repeat_tests();
    failed += run_connections_tests();
    if (failed > 0)
        bed_print_log();
    (void)bed_teardown(NULL);
    return failed;
}
