/* Integration tests of server/api and server/service. */
#include <string.h>

#include "server/api/api.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/api/tests.h"

struct group {
    const char *name;
    int (*run)(void);
};

static bool is_named(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return true;
    }
    return argc == 1;
}

/* All of them, or those that are named. */
int main(int argc, char **argv)
{
    static const struct group groups[] = {
        {"identity", run_identity_tests},       {"requests", run_requests_tests},
        {"deployments", run_deployments_tests}, {"lifecycle", run_lifecycle_tests},
        {"watchlist", run_watchlist_tests},     {"approval", run_approval_tests},
        {"alarms", run_alarms_tests},           {"alerts", run_alerts_tests},
        {"repeat", run_repeat_tests},           {"matrix", run_matrix_tests},
        {"people", run_people_tests},           {"duty", run_duty_tests},
        {"evidence", run_evidence_tests},       {"erasure", run_erasure_tests},
        {"membership", run_membership_tests},   {"pages", run_pages_tests},
        {"notice", run_notice_tests},           {"settings", run_settings_tests},
        {"connections", run_connections_tests}, {"states", run_states_tests},
        {"bodies", run_bodies_tests},           {"higher", run_higher_tests},
        {"loosening", run_loosening_tests},
    };
    int failed = 0;
    api_init_memory();
    if (bed_setup(NULL) != 0)
        return 1;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (is_named(groups[i].name, argc, argv))
            failed += groups[i].run();
    }
    if (failed > 0)
        bed_print_log();
    (void)bed_teardown(NULL);
    return failed;
}
