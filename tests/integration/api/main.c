/* Integration tests of server/api and server/service. */
#include <string.h>

#include "server/api/api.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/api/tests.h"

struct group {
    const char *part; /* what one ctest entry runs: CMakeLists.txt has one for each */
    const char *name;
    int (*run)(void);
};

static bool is_wanted(const struct group *group, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], group->part) == 0 || strcmp(argv[i], group->name) == 0)
            return true;
    }
    return argc == 1;
}

/* All of them, or the parts and groups that are named. */
int main(int argc, char **argv)
{
    static const struct group groups[] = {
        {"main", "identity", run_identity_tests},       {"main", "requests", run_requests_tests},
        {"main", "deployments", run_deployments_tests}, {"main", "lifecycle", run_lifecycle_tests},
        {"main", "watchlist", run_watchlist_tests},     {"main", "approval", run_approval_tests},
        {"main", "alarms", run_alarms_tests},           {"main", "alerts", run_alerts_tests},
        {"main", "repeat", run_repeat_tests},           {"people", "matrix", run_matrix_tests},
        {"people", "people", run_people_tests},         {"people", "duty", run_duty_tests},
        {"people", "evidence", run_evidence_tests},     {"people", "erasure", run_erasure_tests},
        {"people", "membership", run_membership_tests}, {"main", "pages", run_pages_tests},
        {"people", "notice", run_notice_tests},         {"people", "settings", run_settings_tests},
        {"main", "connections", run_connections_tests}, {"states", "states", run_states_tests},
        {"bodies", "bodies", run_bodies_tests},         {"bodies", "higher", run_higher_tests},
        {"people", "loosening", run_loosening_tests},   {"bodies", "marker", run_marker_tests},
    };
    int failed = 0;
    api_init_memory();
    if (bed_setup(NULL) != 0)
        return 1;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (is_wanted(&groups[i], argc, argv))
            failed += groups[i].run();
    }
    if (failed > 0)
        bed_print_log();
    (void)bed_teardown(NULL);
    return failed;
}
