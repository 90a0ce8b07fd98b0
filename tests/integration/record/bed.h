/* What these tests start with: a cluster, the log's key, sealers as processes. */
#ifndef OVERT_TESTS_INTEGRATION_RECORD_BED_H
#define OVERT_TESTS_INTEGRATION_RECORD_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include <cmocka.h>

#include "server/audit/log/checkpoint.h"
#include "tests/integration/pg/pg.h"

#define BED_LOG "test.example/overt"

struct bed {
    struct pg *pg;
    char folder[64];
    char key[128];   /* the log's private key */
    char state[128]; /* the sealer's last checkpoint */
    struct note_key public_key;
};

int bed_start(void **state);
int bed_stop(void **state);

/* A path in the bed's folder; valid until the next call. */
const char *bed_path(const struct bed *bed, const char *name);
/* Writes count events, each in a transaction of its own when apart. */
void bed_write_events(struct bed *bed, int count, bool apart);

/* A program of ours. Valid until the next call. */
const char *bed_program(const char *name);
/* SQL as superuser in a database of the cluster. Fails the test if it fails. */
void bed_admin(struct bed *bed, const char *database, const char *sql);
/* The public key of another log of the same name. */
void bed_other_key(struct bed *bed, char *out, size_t size);

/* Seals what there is; returns the exit status, and what was logged in log (may be NULL). */
int bed_seal(struct bed *bed, struct ov_buf *log);
/* The same in another database of the cluster, with another state file. */
int bed_seal_with(struct bed *bed, const char *database, const char *state);
/* A sealer that runs on. Its log goes to the file log_name. */
pid_t bed_sealer(struct bed *bed, const char *log_name);

/* Fails the test unless every event has exactly one place, the tree over the bodies is the one that
 * was signed, and each checkpoint is the log's own at its size. Returns the log's size. */
uint64_t bed_check_log(struct bed *bed);

#endif
