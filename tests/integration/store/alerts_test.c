#include "tests/integration/store/fixture.h"
int run_alert_tests(void)
{
    return 0;
}
