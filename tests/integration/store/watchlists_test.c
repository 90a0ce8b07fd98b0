#include "tests/integration/store/fixture.h"
int run_watchlist_tests(void)
{
    return 0;
}
