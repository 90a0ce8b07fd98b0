/* The groups of tests of server/api that need no socket. */
#ifndef OVERT_TESTS_UNIT_API_TESTS_H
#define OVERT_TESTS_UNIT_API_TESTS_H

int run_request_tests(void);
int run_json_in_tests(void);
int run_route_tests(void);

#endif
