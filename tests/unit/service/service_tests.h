/* The groups of tests of server/service that need no database. */
#ifndef OVERT_TESTS_UNIT_SERVICE_TESTS_H
#define OVERT_TESTS_UNIT_SERVICE_TESTS_H

int run_check_tests(void);
int run_entry_fields_tests(void);
int run_permission_tests(void);
int run_signing_tests(void);
int run_policy_check_tests(void);
int run_relisting_tests(void);
int run_settings_compare_tests(void);
int run_tag_tests(void);

#endif
