/* Drives deploy/postgres-private as a child process; speaks libpq itself. */
#include "tests/integration/pg/pg.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <fcntl.h>
#include <spawn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "common/base/clock.h"
#include "server/audit/document.h"
#include "server/store/approvals.h"
#include "server/store/events.h"
#include "server/store/policies.h"
#include "server/store/people_decisions.h"

#define EXIT_SKIPPED 77
#define ROLE_COUNT_PG 5

static const char *const roles[ROLE_COUNT_PG] = {"server", "sealer", "oversight", "owner", "admin"};

struct pg {
    char folder[64];
    char *conninfo[ROLE_COUNT_PG];
    struct pg *next;
};

/* Whatever a test leaves behind is removed when the program ends. */
static struct pg *clusters;

#define ARGUMENTS_MAX 16

/* Splits words at spaces, into words that stay in text. */
static void add_words(const char *argv[ARGUMENTS_MAX], size_t used, char *text)
{
    for (char *word = strsep(&text, " "); word != NULL && used < ARGUMENTS_MAX - 1;
         word = strsep(&text, " "))
        if (*word != '\0')
            argv[used++] = word;
    argv[used] = NULL;
}

static pid_t spawn(const char *const *argv, int out)
{
    pid_t child = -1;
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return -1;
    (void)posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    union {
        const char *const *given;
        char *const *wanted; /* exec's old signature; it changes nothing */
    } as = {argv};
    if (posix_spawn(&child, argv[0], &actions, NULL, as.wanted, environ) != 0)
        child = -1;
    (void)posix_spawn_file_actions_destroy(&actions);
    return child;
}

/* To the end of the output, or to the end of the room for it. */
static void read_line(int fd, char *out, size_t size)
{
    size_t used = 0;
    ssize_t got = 1;
    while (got > 0 && used < size - 1) {
        got = read(fd, out + used, size - 1 - used);
        used += got > 0 ? (size_t)got : 0;
    }
    out[used] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

/* Exit status of the script; the first line of its output goes to out. more: words, or NULL. */
static int run_script(const char *command, const char *folder, const char *more, char *out,
                      size_t size)
{
    char script[512];
    char words[512];
    int ends[2];
    const char *source = getenv("OVERT_SOURCE_DIR");
    const char *argv[ARGUMENTS_MAX] = {script, command, folder};
    (void)snprintf(script, sizeof(script), "%s/deploy/postgres-private",
                   source != NULL ? source : ".");
    (void)snprintf(words, sizeof(words), "%s", more != NULL ? more : "");
    add_words(argv, 3, words);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    pid_t child = spawn(argv, ends[1]);
    (void)close(ends[1]);
    read_line(ends[0], out, size);
    (void)close(ends[0]);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void must_run(const char *command, struct pg *pg)
{
    char line[128];
    if (run_script(command, pg->folder, NULL, line, sizeof(line)) != 0)
        fail_msg("postgres-private %s failed", command);
}

static void remove_all(void)
{
    while (clusters != NULL)
        pg_free(clusters);
}

struct pg *pg_new(const char *options)
{
    struct pg *pg = calloc(1, sizeof(*pg));
    char more[512];
    if (pg == NULL)
        exit(1);
    (void)snprintf(pg->folder, sizeof(pg->folder), "/tmp/overt-pg-test.XXXXXX");
    if (mkdtemp(pg->folder) == NULL)
        exit(1);
    if (clusters == NULL)
        (void)atexit(remove_all);
    pg->next = clusters;
    clusters = pg;
    (void)snprintf(more, sizeof(more), "--no-fsync %s", options != NULL ? options : "");
    char line[128];
    int status = run_script("start", pg->folder, more, line, sizeof(line));
    if (status != 0) {
        (void)fprintf(stderr, "%s\n",
                      status == EXIT_SKIPPED ? "skipped" : "no PostgreSQL to test with");
        exit(status == EXIT_SKIPPED ? EXIT_SKIPPED : 1);
    }
    return pg;
}

void pg_free(struct pg *pg)
{
    if (pg == NULL)
        return;
    for (struct pg **at = &clusters; *at != NULL; at = &(*at)->next) {
        if (*at == pg) {
            *at = pg->next;
            break;
        }
    }
    char line[128];
    if (run_script("remove", pg->folder, NULL, line, sizeof(line)) != 0)
        (void)rmdir(pg->folder);
    for (size_t i = 0; i < ROLE_COUNT_PG; i++)
        free(pg->conninfo[i]);
    free(pg);
}

const char *pg_conninfo(struct pg *pg, const char *role)
{
    size_t i = 0;
    while (i < ROLE_COUNT_PG && strcmp(role, roles[i]) != 0)
        i++;
    if (i == ROLE_COUNT_PG)
        fail_msg("no role %s", role);
    if (pg->conninfo[i] == NULL) {
        char text[512];
        if (run_script("conninfo", pg->folder, role, text, sizeof(text)) != 0 ||
            (pg->conninfo[i] = strdup(text)) == NULL)
            fail_msg("no conninfo for %s", role);
    }
    return pg->conninfo[i];
}

void pg_stop(struct pg *pg)
{
    must_run("stop", pg);
}

void pg_kill(struct pg *pg)
{
    must_run("kill", pg);
}

void pg_restart(struct pg *pg)
{
    must_run("restart", pg);
}

/* --- SQL ----------------------------------------------------------------------------------- */

/* Several statements in one string run in one transaction, unless they say otherwise. */
static PGresult *query(struct pg *pg, const char *role, const char *sql, PGconn **ret_conn)
{
    *ret_conn = PQconnectdb(pg_conninfo(pg, role));
    if (PQstatus(*ret_conn) != CONNECTION_OK)
        fail_msg("cannot connect as %s: %s", role, PQerrorMessage(*ret_conn));
    return PQexec(*ret_conn, sql);
}

static bool succeeded(const PGresult *result)
{
    return PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;
}

bool pg_try(struct pg *pg, const char *role, const char *sql, char *sqlstate)
{
    PGconn *conn = NULL;
    PGresult *result = query(pg, role, sql, &conn);
    bool fine = succeeded(result);
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (sqlstate != NULL)
        (void)snprintf(sqlstate, 6, "%s", fine || code == NULL ? "" : code);
    PQclear(result);
    PQfinish(conn);
    return fine;
}

void pg_sql(struct pg *pg, const char *role, const char *sql)
{
    PGconn *conn = NULL;
    PGresult *result = query(pg, role, sql, &conn);
    if (!succeeded(result))
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    PQclear(result);
    PQfinish(conn);
}

int64_t pg_value(struct pg *pg, const char *role, const char *sql)
{
    PGconn *conn = NULL;
    PGresult *result = query(pg, role, sql, &conn);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) < 1)
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    int64_t value = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    PQfinish(conn);
    return value;
}

void pg_text(struct pg *pg, const char *role, const char *sql, char *out, size_t out_size)
{
    PGconn *conn = NULL;
    PGresult *result = query(pg, role, sql, &conn);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) < 1)
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    (void)snprintf(out, out_size, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    PQfinish(conn);
}

/* --- backup and restore -------------------------------------------------------------------- */

void pg_archive(struct pg *pg)
{
    char sql[512];
    pg_sql(pg, "admin", "ALTER SYSTEM SET archive_mode = on");
    /* Beside the data, and made by the cluster's own user. */
    (void)snprintf(sql, sizeof(sql),
                   "ALTER SYSTEM SET archive_command = 'mkdir -p %s/socket/wal && cp %%p "
                   "%s/socket/wal/%%f'",
                   pg->folder, pg->folder);
    pg_sql(pg, "admin", sql);
    pg_restart(pg);
}

struct pg *pg_backup(struct pg *pg)
{
    struct pg *copy = calloc(1, sizeof(*copy));
    char line[128];
    if (copy == NULL)
        exit(1);
    (void)snprintf(copy->folder, sizeof(copy->folder), "/tmp/overt-pg-copy.XXXXXX");
    if (mkdtemp(copy->folder) == NULL || rmdir(copy->folder) != 0)
        exit(1);
    copy->next = clusters;
    clusters = copy;
    if (run_script("backup", pg->folder, copy->folder, line, sizeof(line)) != 0)
        fail_msg("postgres-private backup failed");
    return copy;
}

void pg_mark(struct pg *pg, const char *point)
{
    char sql[256];
    (void)snprintf(sql, sizeof(sql), "SELECT pg_create_restore_point('%s')", point);
    pg_sql(pg, "admin", sql);
}

void pg_restore(struct pg *backup, struct pg *from, const char *point)
{
    char segment[64];
    char sql[256];
    char more[512];
    char line[128];
    pg_text(from, "admin", "SELECT pg_walfile_name(pg_switch_wal())", segment, sizeof(segment));
    (void)snprintf(
        sql, sizeof(sql),
        "SELECT (coalesce(last_archived_wal, '') >= '%s')::integer FROM pg_stat_archiver", segment);
    struct timespec nap = {0, 100 * 1000000L};
    for (int i = 0; i < 300 && pg_value(from, "admin", sql) == 0; i++)
        (void)nanosleep(&nap, NULL);
    assert_int_equal(pg_value(from, "admin", sql), 1);
    (void)snprintf(more, sizeof(more), "%s/socket/wal %s", from->folder, point);
    if (run_script("restore", backup->folder, more, line, sizeof(line)) != 0)
        fail_msg("postgres-private restore failed");
    static const char recovering[] = "SELECT pg_is_in_recovery()::integer";
    for (int i = 0; i < 300 && pg_value(backup, "admin", recovering) != 0; i++)
        (void)nanosleep(&nap, NULL);
    assert_int_equal(pg_value(backup, "admin", recovering), 0);
}

/* --- seeds --------------------------------------------------------------------------------- */

static void must(enum ov_status status, const struct ov_error *err)
{
    if (status != OV_OK)
        fail_msg("%s: %s (%s)", ov_status_name(status), err->code, err->text);
}

static int64_t now_us(void)
{
    return ov_clock_utc_us(ov_clock_system());
}

static void commit(struct store *store)
{
    struct ov_error err = OV_ERROR_INIT;
    pg_seed_event(store);
    must(store_commit(store, &err), &err);
}

static void begin(struct store *store)
{
    struct ov_error err = OV_ERROR_INIT;
    must(store_begin(store, &err), &err);
}

void pg_seed_event(struct store *store)
{
    struct ov_error err = OV_ERROR_INIT;
    char body[256];
    char text[OV_ID_TEXT_SIZE];
    struct ov_id id = ov_id_new();
    int length = snprintf(body, sizeof(body),
                          "{\"actor\":{\"kind\":\"server\"},\"at_us\":%lld,\"details\":{},"
                          "\"id\":\"%s\",\"name\":\"test.made\",\"v\":1}",
                          (long long)now_us(), ov_id_format(&id, text));
    must(store_event_write(store, &id, body, (size_t)length, &err), &err);
}

struct administrators {
    struct ov_id ids[2];
    size_t count;
};

static enum ov_status on_person(void *ctx, const struct person_row *person)
{
    struct administrators *found = ctx;
    const struct principal *principal = &person->principal;
    if (found->count < 2 && principal->active && (principal->roles & ROLE_ADMINISTRATOR) != 0)
        found->ids[found->count++] = principal->id;
    return OV_OK;
}

/* The first two of an installation need nobody's decision. */
static enum ov_status seed_administrators(struct store *store, struct ov_error *err)
{
    static const char *const names[] = {"seed-one", "seed-two"};
    enum ov_status status = OV_OK;
    for (size_t i = 0; i < 2 && status == OV_OK; i++) {
        struct principal principal = {.id = ov_id_new(),
                                      .kind = PRINCIPAL_PERSON,
                                      .active = true,
                                      .roles = ROLE_ADMINISTRATOR};
        char uri[PRINCIPAL_URI_SIZE];
        (void)snprintf(principal.name, sizeof(principal.name), "%s", names[i]);
        (void)snprintf(uri, sizeof(uri), "overt://person/%s", names[i]);
        status = store_principal_add(store, &principal, uri, err);
    }
    return status;
}

static enum ov_status need_administrators(struct store *store, struct administrators *ret,
                                          struct ov_error *err)
{
    int64_t count = 0;
    enum ov_status status = store_principal_count(store, &count, err);
    if (status == OV_OK && count == 0)
        status = seed_administrators(store, err);
    const struct store_page all = {NULL, INT_MAX};
    *ret = (struct administrators){.count = 0};
    if (status == OV_OK)
        status = store_person_each(store, &all, on_person, ret, err);
    if (status == OV_OK && ret->count < 2)
        status = ov_fail(err, OV_ERR_STATE, "test.administrators", "there are no two of them");
    return status;
}

enum ov_status pg_add_person(struct store *store, const struct principal *principal,
                             const char *uri, struct ov_error *err)
{
    struct administrators two;
    struct people_decision decision = {.id = ov_id_new(),
                                       .kind = PEOPLE_ADD_PERSON,
                                       .principal_id = principal->id,
                                       .roles = principal->roles};
    enum ov_status status = need_administrators(store, &two, err);
    if (status != OV_OK)
        return status;
    (void)snprintf(decision.name, sizeof(decision.name), "%s", principal->name);
    (void)snprintf(decision.uri, sizeof(decision.uri), "%s", uri);
    decision.proposed_by = two.ids[0];
    status = store_people_propose(store, &decision, err);
    if (status == OV_OK)
        status = store_people_decide(store, &decision.id, PEOPLE_CONFIRMED, &two.ids[1], err);
    return status == OV_OK ? store_principal_add(store, principal, uri, err) : status;
}

static struct ov_id seed_principal(struct store *store, enum principal_kind kind, const char *name,
                                   unsigned roles_held)
{
    struct ov_error err = OV_ERROR_INIT;
    struct principal principal = {
        .id = ov_id_new(), .kind = kind, .active = true, .roles = roles_held};
    char uri[128];
    (void)snprintf(principal.name, sizeof(principal.name), "%s", name);
    (void)snprintf(uri, sizeof(uri), "overt://%s/%s", kind == PRINCIPAL_SITE ? "site" : "person",
                   name);
    if (kind == PRINCIPAL_PERSON) {
        must(pg_add_person(store, &principal, uri, &err), &err);
    } else {
        struct administrators two;
        must(need_administrators(store, &two, &err), &err); /* they come before everything else */
        must(store_principal_add(store, &principal, uri, &err), &err);
    }
    return principal.id;
}

struct ov_id pg_seed_person(struct store *store, const char *name, unsigned roles_held)
{
    begin(store);
    struct ov_id id = seed_principal(store, PRINCIPAL_PERSON, name, roles_held);
    commit(store);
    return id;
}

struct site pg_seed_site(struct store *store, const char *name)
{
    struct ov_error err = OV_ERROR_INIT;
    struct site site = {.id = ov_id_new(), .added_at_us = now_us()};
    (void)snprintf(site.name, sizeof(site.name), "%s", name);
    begin(store);
    site.principal_id = seed_principal(store, PRINCIPAL_SITE, name, ROLE_SITE);
    must(store_site_add(store, &site, &err), &err);
    commit(store);
    return site;
}

void pg_seed_document(struct store *store, const char *kind, const struct ov_id *deployment_id,
                      uint8_t ret_digest[OV_DIGEST_BYTES])
{
    struct ov_error err = OV_ERROR_INIT;
    struct audit_document *document = audit_document_new(kind, deployment_id);
    audit_document_int(document, "written_at_us", now_us());
    must(audit_document_write(store, document, ret_digest, &err), &err);
}

enum ov_status pg_add_draft(struct store *store, struct deployment *row, struct ov_error *err)
{
    if (row->retention_alert_h == 0)
        row->retention_watchlist_h = row->retention_alert_h = row->retention_true_alert_h = 24;
    row->edited_by = row->applied_by;
    row->edited_at_us = now_us();
    pg_seed_document(store, "application", &row->id, row->application_digest);
    pg_seed_document(store, "settings", &row->id, row->settings_digest);
    return store_deployment_add(store, row, NULL, 0, err);
}

enum ov_status pg_add_application(struct store *store, struct deployment *row, struct ov_error *err)
{
    struct policy policy = {.version = 0};
    struct ov_error none = OV_ERROR_INIT;
    enum ov_status status = pg_add_draft(store, row, err);
    if (status == OV_OK && store_policy_get(store, 0, &policy, &none) != OV_OK)
        policy.version = 0;
    if (status == OV_OK)
        status = store_deployment_apply(store, &row->id, &row->applied_by, policy.version,
                                        row->applied_at_us, err);
    return status;
}

enum ov_status pg_authorise(struct store *store, const struct ov_id *deployment_id,
                            const struct ov_id *by, int64_t at_us, struct ov_error *err)
{
    uint8_t digest[OV_DIGEST_BYTES];
    pg_seed_document(store, "authorisation", deployment_id, digest);
    return store_deployment_authorise(store, deployment_id, by, digest, at_us, err);
}

struct deployment pg_seed_deployment(struct store *store, const char *name,
                                     const struct ov_id *applicant, const struct site *site)
{
    struct ov_error err = OV_ERROR_INIT;
    int64_t now = now_us();
    struct deployment row = {.id = ov_id_new(),
                             .kind = DEPLOYMENT_EXERCISE,
                             .state = DEPLOYMENT_APPLIED,
                             .starts_at_us = now - 600 * OV_US_PER_S,
                             .ends_at_us = now + 6600 * OV_US_PER_S,
                             .threshold = 0.5f,
                             .cool_down_s = 60,
                             .min_face_px = 40,
                             .applied_by = *applicant,
                             .applied_at_us = now,
                             .site_count = 1,
                             .sites = {site->id}};
    (void)snprintf(row.name, sizeof(row.name), "%s", name);
    (void)snprintf(row.purpose, sizeof(row.purpose), "a test");
    memset(row.model_digest, 0x11, sizeof(row.model_digest));
    begin(store);
    must(pg_add_application(store, &row, &err), &err);
    commit(store);
    return row;
}

void pg_seed_live(struct store *store, const struct deployment *deployment,
                  const struct ov_id *authoriser)
{
    struct ov_error err = OV_ERROR_INIT;
    begin(store);
    must(pg_authorise(store, &deployment->id, authoriser, now_us(), &err), &err);
    must(pg_go_live(store, &deployment->id, authoriser, now_us(), &err), &err);
    commit(store);
}

struct store_bytes pg_fake_sealed(void)
{
    static const char bytes[64] = "\1a fake: version 1, then bytes that are no ciphertext";
    return (struct store_bytes){bytes, sizeof(bytes)};
}

struct ov_id pg_seed_entry(struct store *store, const struct deployment *deployment,
                           const struct ov_id *added_by, struct ov_id *ret_image_id)
{
    struct ov_error err = OV_ERROR_INIT;
    struct watchlist_entry entry = {.id = ov_id_new(),
                                    .deployment_id = deployment->id,
                                    .category = "wanted",
                                    .response = "speak_to",
                                    .added_by = *added_by,
                                    .added_at_us = now_us(),
                                    .sealed_name = pg_fake_sealed(),
                                    .sealed_reference = pg_fake_sealed()};
    struct watchlist_image image = {.id = ov_id_new(),
                                    .entry_id = entry.id,
                                    .deployment_id = deployment->id,
                                    .sealed_jpeg = pg_fake_sealed(),
                                    .sealed_thumbnail = pg_fake_sealed(),
                                    .sealed_template = pg_fake_sealed(),
                                    .eye_distance_px = 60,
                                    .sharpness_milli = 500};
    memcpy(image.model_digest, deployment->model_digest, sizeof(image.model_digest));
    begin(store);
    must(store_entry_add(store, &entry, &err), &err);
    must(store_image_add(store, &image, &err), &err);
    commit(store);
    if (ret_image_id != NULL)
        *ret_image_id = image.id;
    return entry.id;
}

static enum ov_status keep_entry(void *ctx, const struct watchlist_entry *row)
{
    *(struct watchlist_entry *)ctx = *row;
    return OV_OK;
}

static enum ov_status keep_image(void *ctx, const struct watchlist_image *row)
{
    struct ov_id **at = ctx;
    *(*at)++ = row->id;
    return OV_OK;
}

void pg_seed_open(struct store *store, const struct deployment *deployment,
                  const struct ov_id *entry_id, const struct ov_id *by)
{
    struct ov_error err = OV_ERROR_INIT;
    struct watchlist_entry entry;
    struct ov_id images[WATCHLIST_IMAGES_PER_ENTRY_MAX];
    struct ov_id *at = images;
    begin(store);
    must(store_entry_get(store, &deployment->id, entry_id, false, keep_entry, &entry, &err), &err);
    must(store_image_each(store, &deployment->id, entry_id, keep_image, &at, &err), &err);
    must(store_compared_add(store, &deployment->id, images, (size_t)(at - images), &err), &err);
    must(store_opening_add(store, &deployment->id, entry_id, by, entry.image_rows, &err), &err);
    commit(store);
}

void pg_seed_approve(struct store *store, const struct deployment *deployment,
                     const struct ov_id *entry_id, const struct ov_id *by)
{
    struct ov_error err = OV_ERROR_INIT;
    pg_seed_open(store, deployment, entry_id, by);
    begin(store);
    must(store_entry_approve(store, &deployment->id, entry_id, by, now_us(), &err), &err);
    must(store_deployment_bump_gallery(store, &deployment->id, &err), &err);
    commit(store);
}
