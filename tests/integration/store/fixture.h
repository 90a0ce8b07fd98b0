/* What every group of these tests starts with: a cluster, a store, four people and a site. */
#ifndef OVERT_TESTS_INTEGRATION_STORE_FIXTURE_H
#define OVERT_TESTS_INTEGRATION_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "server/store/alerts.h"
#include "server/store/deployments.h"
#include "server/store/events.h"
#include "server/store/people.h"
#include "server/store/settings.h"
#include "server/store/store.h"
#include "server/store/watchlists.h"
#include "tests/integration/pg/pg.h"

struct fixture {
    struct pg *pg;
    struct store *store;
    struct ov_id applicant;
    struct ov_id officer;
    struct ov_id manager;
    struct ov_id reviewer;
    struct site site;
};

int fixture_start(void **state);
int fixture_stop(void **state);

int64_t now_us(void);

/* In the open transaction, by the officer's command: everything up to the certificate; or up to the
 * key alone. The caller writes an event and commits. */
void fixture_erase_list(struct fixture *f, const struct ov_id *deployment_id);
enum ov_status fixture_destroy_list_key(struct fixture *f, const struct ov_id *deployment_id,
                                        struct ov_error *err);

/* A change of the settings in force, with its documents; and the settings as they are. */
struct settings_change fixture_change(struct fixture *f, const struct deployment *row,
                                      const struct ov_id *by);
struct operating_settings fixture_settings(const struct deployment *row);
/* Authorised, with one camera of the fixture's site; "NAME with camera". */
struct deployment fixture_with_camera(struct fixture *f, const char *name, const char *camera,
                                      enum deployment_kind kind);

/* The last call, which got err, succeeded; or failed in exactly this way. Both empty err. */
void assert_fine(enum ov_status status, struct ov_error *err);
void assert_refused(enum ov_status status, enum ov_status wanted, const char *code,
                    struct ov_error *err);

/* An act in a transaction of its own with an audit event: begin, CALL, event, commit; CALL must
 * succeed. */
#define act(store, call)                                                                           \
    do {                                                                                           \
        struct ov_error act_err = OV_ERROR_INIT;                                                   \
        assert_fine(store_begin((store), &act_err), &act_err);                                     \
        assert_fine((call), &act_err);                                                             \
        pg_seed_event(store);                                                                      \
        assert_fine(store_commit((store), &act_err), &act_err);                                    \
    } while (0)
/* The same for a call that has to fail. */
#define refused_act(store, call, wanted, code)                                                     \
    do {                                                                                           \
        struct ov_error act_err = OV_ERROR_INIT;                                                   \
        assert_fine(store_begin((store), &act_err), &act_err);                                     \
        assert_refused((call), (wanted), (code), &act_err);                                        \
        store_rollback(store);                                                                     \
    } while (0)

/* Attacks as the server's role (pg_refuses, pg_allows), with printf's placeholders. */
void server_refused(struct fixture *f, const char *wanted, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void server_allowed(struct fixture *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* As a superuser, past every trigger: time passes, or what is not what a test is about. */
void past_triggers(struct fixture *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* For such statements: an id, and a digest in hexadecimal; good for the whole expression. */
struct id_text {
    char text[OV_ID_TEXT_SIZE];
};
struct digest_text {
    char text[2 * OV_DIGEST_BYTES + 1];
};
struct id_text id_text(const struct ov_id *id);
struct digest_text digest_text(const uint8_t digest[OV_DIGEST_BYTES]);
/* A document in a transaction of its own. */
struct digest_text fixture_document(struct fixture *f, const char *kind,
                                    const struct ov_id *deployment_id);

int run_people_tests(void);
int run_people_decision_tests(void);
int run_membership_tests(void);
int run_alarm_tests(void);
int run_deployment_tests(void);
int run_watchlist_tests(void);
int run_approval_tests(void);
int run_alert_tests(void);
int run_document_tests(void);
int run_erasure_tests(void);
int run_waiver_tests(void);
int run_rights_tests(void);
int run_connection_tests(void);
int run_policy_tests(void);
int run_live_tests(void);
int run_guard_tests(void);
int run_authority_tests(void);
int run_zone_tests(void);
int run_approver_tests(void);

#endif
