/* Unit tests of server/api: what a client wrote, taken apart. */
#include "tests/unit/api/api_tests.h"

int main(void)
{
    int failed = 0;
    failed += run_request_tests();
    failed += run_json_in_tests();
    failed += run_route_tests();
    return failed;
}
