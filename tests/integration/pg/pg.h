/*
 * A real PostgreSQL for one test program: a private cluster in a temporary folder, with Overt's
 * schema, made and driven by deploy/postgres-private.
 */
#ifndef OVERT_TESTS_INTEGRATION_PG_PG_H
#define OVERT_TESTS_INTEGRATION_PG_PG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/id.h"
#include "server/store/deployments.h"
#include "server/store/people.h"
#include "server/store/store.h"
#include "server/store/watchlists.h"

struct pg;

/* Exits the program with 77 (skipped) when PostgreSQL or dbmate is not there, with 1 when it fails.
 * options: more for "start", or NULL. The cluster goes when the program ends (atexit), if not
 * before by pg_free. */
struct pg *pg_new(const char *options);
/* Stops and deletes the cluster. Takes NULL. */
void pg_free(struct pg *pg);

/* role: "server", "sealer", "oversight", "owner" or "admin". Borrowed until pg_free. */
const char *pg_conninfo(struct pg *pg, const char *role);

/* stop: in good order. kill: SIGKILL to every process, as in a crash. restart: also after these. */
void pg_stop(struct pg *pg);
void pg_kill(struct pg *pg);
void pg_restart(struct pg *pg);

/*
 * Backup and restore. pg_archive: WAL is archived from here on (restarts the cluster). pg_backup: a
 * base backup, as another cluster that does not run yet; freed like any. pg_restore: starts it,
 * with from's archived WAL up to the point that pg_mark has named.
 */
void pg_archive(struct pg *pg);
struct pg *pg_backup(struct pg *pg);
void pg_mark(struct pg *pg, const char *point);
void pg_restore(struct pg *backup, struct pg *from, const char *point);

/*
 * SQL as a role. pg_sql fails the test if it fails. pg_try returns true on success,
 * else the SQLSTATE is in sqlstate (6 bytes; may be NULL). pg_value returns the first value.
 */
void pg_sql(struct pg *pg, const char *role, const char *sql);
bool pg_try(struct pg *pg, const char *role, const char *sql, char *sqlstate);
int64_t pg_value(struct pg *pg, const char *role, const char *sql);
/* The first value as text. */
void pg_text(struct pg *pg, const char *role, const char *sql, char *out, size_t out_size);

/*
 * An attack: SQL as a role, in a transaction that writes an audit event too, so that nothing stands
 * in its way but the rule under test; what is deferred is checked, and nothing of it stays.
 * pg_refuses fails the test unless it is refused in exactly this way: by the constraint of this
 * name (triggers name one as well), or with this SQLSTATE ("42501": no such right).
 * pg_allows: it is not refused. pg_wants_event: it is refused for want of an event, and for that
 * alone.
 */
void pg_refuses(struct pg *pg, const char *role, const char *wanted, const char *sql);
void pg_allows(struct pg *pg, const char *role, const char *sql);
void pg_wants_event(struct pg *pg, const char *role, const char *sql);
#define PG_DENIED "42501"
/* One statement that writes an event "test.made". */
#define PG_WRITE_EVENT                                                                             \
    "WITH e AS (SELECT gen_random_uuid() AS id) SELECT audit.write_event(id, "                     \
    "convert_to(jsonb_build_object('v', 1, 'id', id, 'name', 'test.made', 'at_us', 1, 'actor', "   \
    "'{}'::jsonb, 'details', '{}'::jsonb)::text, 'UTF8')) FROM e"

/* --- things to test with: each writes its audit event, in a transaction of its own ------------ */

/* Writes an event "test.made" in the store's open transaction, so that the act may commit. */
void pg_seed_event(struct store *store);
/* store_principal_add with what it takes, in the store's open transaction: a proposal by one
 * administrator, confirmed by another. Where there is nobody yet, "seed-one" and "seed-two" become
 * administrators first. */
OV_CHECKED enum ov_status pg_add_person(struct store *store, const struct principal *principal,
                                        const char *uri, struct ov_error *err);
/* A person with these roles. name: [a-z0-9-]. */
struct ov_id pg_seed_person(struct store *store, const char *name, unsigned roles);
/* A site, with its principal overt://site/NAME. */
struct site pg_seed_site(struct store *store, const char *name);
/* A document of this kind about the deployment, in the store's open transaction. */
void pg_seed_document(struct store *store, const char *kind, const struct ov_id *deployment_id,
                      uint8_t ret_digest[OV_DIGEST_BYTES]);
/* In the open transaction, with the documents that it takes: a draft of row (whose digests it
 * fills), an application, an authorisation. They return what the database said. */
enum ov_status pg_add_draft(struct store *store, struct deployment *row, struct ov_error *err);
enum ov_status pg_add_application(struct store *store, struct deployment *row,
                                  struct ov_error *err);
enum ov_status pg_authorise(struct store *store, const struct ov_id *deployment_id,
                            const struct ov_id *by, int64_t at_us, struct ov_error *err);
/*
 * In the open transaction: an adjudicator and an engagement officer are on duty, unless some are;
 * the list is reviewed, by a watchlist manager or an authorising officer; both, and it goes live.
 */
OV_CHECKED enum ov_status pg_attend(struct store *store, const struct ov_id *deployment_id,
                                    int64_t at_us, struct ov_error *err);
OV_CHECKED enum ov_status pg_review(struct store *store, const struct ov_id *deployment_id,
                                    const struct ov_id *by, struct ov_error *err);
OV_CHECKED enum ov_status pg_go_live(struct store *store, const struct ov_id *deployment_id,
                                     const struct ov_id *reviewer, int64_t at_us,
                                     struct ov_error *err);
/*
 * An exercise in state applied whose window is open now (from 10 minutes ago for 2 hours), of this
 * site; threshold 0.5, cool-down 60 s, model digest 32 bytes of 0x11.
 */
struct deployment pg_seed_deployment(struct store *store, const char *name,
                                     const struct ov_id *applicant, const struct site *site);
/* Takes it on to authorised and live. */
void pg_seed_live(struct store *store, const struct deployment *deployment,
                  const struct ov_id *authoriser);
/* A row of bytes that has the form of sealed ones; they open with no key. */
struct store_bytes pg_fake_sealed(void);
/* A proposed entry with one image; sealed columns are fakes. */
struct ov_id pg_seed_entry(struct store *store, const struct deployment *deployment,
                           const struct ov_id *added_by, struct ov_id *ret_image_id);
/* Compared with the list and opened by this person, as an approval asks for. */
void pg_seed_open(struct store *store, const struct deployment *deployment,
                  const struct ov_id *entry_id, const struct ov_id *by);
void pg_seed_approve(struct store *store, const struct deployment *deployment,
                     const struct ov_id *entry_id, const struct ov_id *by);

/* A fault: no UPDATE of the row with this id succeeds, whoever tries, until pg_unstick. One at a
 * time. */
void pg_stick(struct pg *pg, const char *table, const char *id);
void pg_unstick(struct pg *pg);

#endif
