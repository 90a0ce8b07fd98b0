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

#define WORLD_HOLDERS_MAX 64
#define WORLD_ADJUDICATOR "cleo"
#define WORLD_OFFICER "dan" /* engagement officer */

struct world {
    char dir[64]; /* everything below is in it */
    char overtd_log[PATH_MAX];
    char config[PATH_MAX];
    char database[PATH_MAX]; /* how overtd connects, libpq's keywords; empty: straight */
    char programs[PATH_MAX]; /* folder with overtd, overtctl, overt-capture */
    char overtctl[PATH_MAX]; /* the one that records what it says (recording.h) */
    char source[PATH_MAX];   /* the checkout */
    char deps[PATH_MAX];
    pid_t overtd;                  /* 0 when not running */
    const char *const *overtd_env; /* more for its environment, ended by NULL; or NULL */
    int capture_port;
    int api_port;
    pid_t holders[WORLD_HOLDERS_MAX]; /* adjudicators who are heard of; 0: none */
};

/*
 * Cluster, CA, certificates for the server and the cast, bootstrap of ada and ben, and what
 * cast.sql makes of them all. Does not start overtd. Exits with 77 when PostgreSQL or the models
 * are not there.
 *
 * ada: administrator, applicant, watchlist_manager · ben: administrator, authorising_officer,
 * watchlist_manager, deployment_lead · cleo: adjudicator · dan: engagement_officer · olga:
 * oversight hana: higher_authority · dora: data_protection
 */
void world_new(struct world *world);
/* Configuration with the standard keys and extra ini text (may be NULL), written to world->config.
 */
void world_write_config(struct world *world, const char *extra_config);
/* Stops everything and removes the folder; kept when OVERT_KEEP is set. */
void world_free(struct world *world);

/* extra_config: ini text appended to the configuration, or NULL. Waits until it is ready. Ports are
 * free ones at first and the same ever after. */
void world_start_overtd(struct world *world, const char *extra_config);
/* Runs it although it is not to become ready: returns its exit status, -1 after limit_s. What it
 * said is appended to out. */
int world_try_overtd(struct world *world, int limit_s, struct ov_buf *out);
/* SIGTERM; returns the exit status. */
int world_stop_overtd(struct world *world);
void world_kill_overtd(struct world *world);

/* Runs a script of deploy/ ("pki", "postgres-private") with up to a few arguments ended by NULL. */
int world_deploy(struct world *world, const char *script, ...);
void world_postgres(struct world *world, const char *verb); /* stop, kill, restart */

/* How a role connects (libpq's keywords), appended to out. */
void world_conninfo(struct world *world, const char *role, struct ov_buf *out);
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

/* --- people at work, through overtctl; overtd runs ------------------------------------------- */

/* A certificate for the site, and the site itself. */
void world_add_site(struct world *world, const char *name);
/* An exercise, drafted and applied for by ada. cool_down_s -1: the default. */
void world_apply(struct world *world, const char *name, const char *site, int cool_down_s,
                 struct ov_id *ret_deployment);
/* ada proposes an entry. subject: two lines, name and reference. region may be NULL. */
void world_propose(struct world *world, const char *deployment, const char *photo,
                   const char *region, const char *subject, struct ov_id *ret_entry);
/* An operational deployment, drafted from a complete application file and applied for by ada. */
void world_apply_operational(struct world *world, const char *name, const char *site,
                             const char *camera);
/* A person authorises what was applied for, with WORLD_REASONS. */
void world_authorise(struct world *world, const char *person, const char *deployment);
#define WORLD_REASONS                                                                              \
    "[necessity]\nNothing else tests it.\n[proportionality]\nConsenting volunteers only.\n"
/* ben opens and approves what is proposed, and reviews the list. */
void world_approve(struct world *world, const char *deployment);
/* The same without the review. */
void world_approve_only(struct world *world, const char *deployment);
/* An adjudicator is heard of from here on (a process of its own, until the world ends), and an
 * engagement officer is on duty. */
void world_attend(struct world *world, const char *deployment);
/* Nobody is heard of any more, at any deployment. */
void world_leave(struct world *world);
/* Whatever it takes: site, exercise, one approved entry (FACES_PHOTO's), authorised
 * and started by ben. */
void world_go_live(struct world *world, const char *name, const char *site, int cool_down_s,
                   struct ov_id *ret_deployment);

#define WORLD_NAME "Test Subject Quetzalcoatl"
#define WORLD_REFERENCE "REF-7731-XQ"

/* Polls until the SQL gives the number or the time is up; returns whether it did. */
bool world_await_number(struct world *world, const char *sql, long wanted, int limit_ms);

/* True when the file contains the text. */
bool world_log_says(const char *path, const char *text);

#endif
