/* What these tests start with: a cluster, a vault, a ledger key, people, and lists that were really
 * sealed. The rules run in this process; time passes by moving what the database has written down.
 */
#ifndef OVERT_TESTS_INTEGRATION_ERASURE_BED_H
#define OVERT_TESTS_INTEGRATION_ERASURE_BED_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "server/service/erasure.h"
#include "server/service/service.h"
#include "server/store/alerts.h"
#include "server/vault/vault.h"
#include "tests/integration/pg/pg.h"

struct bed {
    char dir[64];
    char vault_dir[128];
    char installation_key[128];
    char ledger_key[128];
    struct pg *pg;
    struct store *store;
    struct vault *vault;
    struct service service;
    struct site site;
    struct ov_id applicant;
    struct ov_id manager;
    struct ov_id reviewer;
    struct actor officer;   /* may erase */
    struct actor protector; /* data protection: may, and asks to leave the ledger out */
    struct actor stranger;  /* an applicant: may not */
};

int bed_start(void **state);
int bed_stop(void **state);

void bed_must(enum ov_status status, struct ov_error *err);
void bed_refused(enum ov_status status, enum ov_status wanted, const char *code,
                 struct ov_error *err);

/* A live deployment whose list has count approved entries "REF-NAME-1" ..., sealed with its own
 * key; the bytes of the image of each are its reference too. */
struct deployment bed_live(struct bed *bed, const char *name, int count);
/* One applied for, with a key and nobody on its list. */
struct deployment bed_empty(struct bed *bed, const char *name);
/* Somebody for a list, proposed only or approved too; file: the bytes of the picture, whose digest
 * is kept beside it or not. */
struct ov_id bed_propose(struct bed *bed, const struct deployment *deployment,
                         const char *reference, const char *file, bool keep_digest);
struct ov_id bed_add_entry(struct bed *bed, const struct deployment *deployment,
                           const char *reference, const char *file, bool keep_digest);
void bed_close(struct bed *bed, const struct ov_id *deployment_id);
/* As if it had been closed so long ago. */
void bed_close_before(struct bed *bed, const struct ov_id *deployment_id, int hours);
/* A closed one that was due an hour ago. */
struct deployment bed_due(struct bed *bed, const char *name, int count);

/* An alert with a key of its own; of the deployment's first entry. */
struct ov_id bed_alert(struct bed *bed, const struct deployment *deployment, int64_t sequence);
void bed_make_alerts_due(struct bed *bed, const struct ov_id *deployment_id);

/* pattern: SQL with {id} where the id goes. */
int64_t bed_value(struct bed *bed, const char *pattern, const struct ov_id *id);
/* The same as the superuser, for what time or an attacker would do. */
void bed_as_admin(struct bed *bed, const char *pattern, const struct ov_id *id);
bool bed_is_erased(struct bed *bed, const struct ov_id *deployment_id);
bool bed_key_is_there(struct bed *bed, enum vault_class class_id, const struct ov_id *owner);
const char *bed_key_path(struct bed *bed, enum vault_class class_id, const struct ov_id *owner);
int64_t bed_open_alarms(struct bed *bed, const char *code);
/* Events of this name about the deployment. */
int64_t bed_events(struct bed *bed, const char *name, const struct ov_id *deployment_id);

int run_list_tests(void);
int run_alert_tests(void);
int run_waiver_tests(void);
int run_check_tests(void);
int run_kill_tests(void);
int run_restore_tests(void);
int run_review_tests(void);
int run_clock_tests(void);

#endif
