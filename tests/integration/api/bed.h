/*
 * What the tests of the API stand on: a private PostgreSQL, a certificate authority, a vault,
 * people and a site, photographs, and a running API. One for the whole program.
 *
 * Persons: the cast of tests/integration/harness/cast.sql; "adam" (another adjudicator), "dov"
 * (another engagement officer), "pam"
 * (applicant and authorising officer; "pam-card" is a further certificate of hers), "ina"
 * (inactive), "ghost" (a certificate only), "rita" (revoked), "eva" (expired). Site: "north".
 */
#ifndef OVERT_TESTS_INTEGRATION_API_BED_H
#define OVERT_TESTS_INTEGRATION_API_BED_H

#include <limits.h>

#include "common/base/secret.h"
#include "server/api/api.h"
#include "server/service/service.h"
#include "tests/integration/pg/pg.h"

#define PORTRAITS 3

struct bed {
    char dir[PATH_MAX];
    struct pg *pg;
    struct vault *vault;
    char ledger_key[PATH_MAX];
    struct store *store; /* the tests' own, as the server's role */
    struct api *api;
    struct ov_tls_files files;
    char ca[PATH_MAX], crl[PATH_MAX], cert[PATH_MAX], key[PATH_MAX];
    char pack[PATH_MAX];
    struct ov_secret portraits[PORTRAITS]; /* JPEGs with one good face each, of different people */
    struct ov_secret tiny_portrait;        /* one face, far too small */
    struct ov_secret group;                /* a JPEG of several people */
    int group_faces;
    struct live_status live; /* what the API is told about the capture side */
};

extern struct bed bed;

int bed_setup(void **state);
int bed_teardown(void **state);

void bed_start_api(void);

/* deploy/pki with up to a few arguments, ended by NULL; fails the test unless it exits with 0. */
void bed_pki(const char *command, ...);

/* How many events of this name there are. */
int64_t bed_events(const char *name);
/* Of the newest event of this name: its body. */
void bed_last_event(const char *name, char *out, size_t out_size);

/* cleo adjudicates and dan engages at the deployment from now on, for a minute. */
void bed_attend(const char *deployment);

/* How many watchlist keys the vault holds. */
size_t bed_watchlist_keys(void);

/* Whether the text is in any of the program's own log lines since it started. */
bool bed_logged(const char *text);
/* To standard output, for when a test has failed: it holds CMocka's reasons too. */
void bed_print_log(void);

#endif
