/* The groups of tests of the API. */
#ifndef OVERT_TESTS_INTEGRATION_API_TESTS_H
#define OVERT_TESTS_INTEGRATION_API_TESTS_H

int run_identity_tests(void);
int run_requests_tests(void);
int run_deployments_tests(void);
int run_lifecycle_tests(void);
int run_watchlist_tests(void);
int run_approval_tests(void);
int run_people_tests(void);
int run_membership_tests(void);
int run_matrix_tests(void);
int run_duty_tests(void);
int run_alarms_tests(void);
int run_alerts_tests(void);
int run_pages_tests(void);
int run_evidence_tests(void);
int run_erasure_tests(void);
int run_repeat_tests(void);
int run_notice_tests(void);
int run_settings_tests(void);
int run_bodies_tests(void);
int run_higher_tests(void);
int run_loosening_tests(void);
int run_connections_tests(void);
int run_states_tests(void);
int run_marker_tests(void);

#endif
