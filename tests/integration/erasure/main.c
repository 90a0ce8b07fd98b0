/* Erasure, in this process. An argument runs one group alone. */
#include "tests/integration/erasure/bed.h"

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } groups[] = {
        {"lists", run_list_tests},     {"alerts", run_alert_tests}, {"check", run_check_tests},
        {"waivers", run_waiver_tests}, {"kill", run_kill_tests},    {"restore", run_restore_tests},
        {"review", run_review_tests},  {"clock", run_clock_tests},
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        if (argc < 2 || strcmp(argv[1], groups[i].name) == 0)
            failed += groups[i].run();
    return failed;
}
