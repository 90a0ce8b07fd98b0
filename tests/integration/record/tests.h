/* The groups of this program. */
#ifndef OVERT_TESTS_INTEGRATION_RECORD_TESTS_H
#define OVERT_TESTS_INTEGRATION_RECORD_TESTS_H

int run_sealer_tests(void);
int run_verify_tests(void);

#endif
