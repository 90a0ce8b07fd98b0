/* Unit tests of server/service: what is decided without looking anything up. */
#include "tests/unit/service/service_tests.h"

int main(void)
{
    int failed = 0;
    failed += run_check_tests();
    failed += run_entry_fields_tests();
    failed += run_permission_tests();
    failed += run_signing_tests();
    failed += run_policy_check_tests();
    failed += run_relisting_tests();
    failed += run_settings_compare_tests();
    failed += run_tag_tests();
    return failed;
}
