/*
 * A whole installation in a temporary folder, from real parts: a private PostgreSQL cluster, a
 * certificate authority, overtd, and the people and sites that use it. All on loopback, all stopped
 * by process id when the world ends.
 *
 * A call that cannot do its part fails the running CMocka test with what the program said.
 */
#ifndef OVERT_TESTS_HARNESS_WORLD_H
#define OVERT_TESTS_HARNESS_WORLD_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "common/base/bytes.h"
#include "common/base/id.h"

struct world {
    char dir[64]; /* everything below is in it */
    char overtd_log[PATH_MAX];
    char config[PATH_MAX];
    char programs[PATH_MAX]; /* folder with overtd, overtctl, overt-capture */
    char source[PATH_MAX];   /* the checkout */
    char deps[PATH_MAX];
    pid_t overtd; /* 0 when not running */
    int capture_port;
    int api_port;
};

/* Cluster, CA, certificates for the server, persons "ada" and "ben" and site "north", bootstrap of
 * ada and ben. Does not start overtd. */
void world_new(struct world *world);
/* Stops everything and removes the folder; kept when OVERT_KEEP is set. */
void world_free(struct world *world);

/* extra_config: ini text appended to the configuration, or NULL. Waits until it is ready. */
void world_start_overtd(struct world *world, const char *extra_config);
/* SIGTERM; returns the exit status. */
int world_stop_overtd(struct world *world);
void world_kill_overtd(struct world *world);

/* Runs a script of deploy/ ("pki", "postgres-private") with up to a few arguments ended by NULL. */
int world_deploy(struct world *world, const char *script, ...);
void world_postgres(struct world *world, const char *verb); /* stop, kill, restart */

/* One SQL text as a role ("owner", "server", "oversight"); unaligned rows appended to out. */
int world_psql(struct world *world, const char *role, const char *sql, struct ov_buf *out);
/* The single value of a query as the owner, as a number. */
long world_psql_number(struct world *world, const char *sql);

/* overtctl as a person, with --json; arguments ended by NULL. Returns its exit status. */
int world_ctl(struct world *world, const char *person, const char *stdin_text, struct ov_buf *out,
              ...);
/* The same, failing the test unless it exits with 0. */
void world_ctl_ok(struct world *world, const char *person, const char *stdin_text,
                  struct ov_buf *out, ...);

/* Path of a file in the world's folder. Four results are valid at a time. */
const char *world_path(struct world *world, const char *name);
/* The folder of DIR/pki/NAME, for example "site-north". */
const char *world_identity(struct world *world, const char *name);

/*
 * Site north, an exercise "trial" that is live with one approved entry from the given photo, and
 * running overtd. ret_deployment is its id.
 */
void world_go_live(struct world *world, const char *photo, const char *region,
                   struct ov_id *ret_deployment);

/* Polls until the SQL gives the number or the time is up; returns whether it did. */
bool world_await_number(struct world *world, const char *sql, long wanted, int limit_ms);

/* True when the bytes occur in any file below the folder. */
bool world_folder_contains(const char *folder, const void *bytes, size_t size);

#endif
