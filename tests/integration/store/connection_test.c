#include "tests/integration/store/fixture.h"
int run_connection_tests(void)
{
    return 0;
}
