/* Erasure, in this process. */
#include "tests/integration/erasure/bed.h"

int main(void)
{
    int failed = 0;
    failed += run_list_tests();
    failed += run_alert_tests();
    failed += run_check_tests();
    return failed;
}
