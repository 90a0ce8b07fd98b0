#include "tests/integration/store/fixture.h"
int run_rights_tests(void)
{
    return 0;
}
