/* Opening, losing and regaining the database; what a commit promises. */
#include <pthread.h>
#include <unistd.h>

#include "tests/integration/store/fixture.h"

/* --- opening ------------------------------------------------------------------------------- */

static void refuse_open(const char *conninfo, enum ov_status wanted, const char *code)
{
    struct ov_error err = OV_ERROR_INIT;
    struct store *store = NULL;
    assert_refused(store_open(conninfo, &store, &err), wanted, code, &err);
    assert_null(store);
}

static void a_role_that_owns_something_or_could_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const roles[] = {"admin", "owner", "sealer", "oversight"};
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        refuse_open(pg_conninfo(f->pg, roles[i]), OV_ERR_DENIED, "store.role");
    const char *server = pg_conninfo(f->pg, "server");
    static const char *const steps[][2] = {
        {"ALTER TABLE overt.site OWNER TO overt_server",
         "ALTER TABLE overt.site OWNER TO overt_owner"},
        {"GRANT overt_owner TO overt_server", "REVOKE overt_owner FROM overt_server"},
        {"GRANT CREATE ON SCHEMA public TO overt_server",
         "REVOKE CREATE ON SCHEMA public FROM overt_server"},
        {"GRANT CREATE ON DATABASE overt TO overt_server",
         "REVOKE CREATE ON DATABASE overt FROM overt_server"},
        {"ALTER ROLE overt_server CREATEROLE", "ALTER ROLE overt_server NOCREATEROLE"},
        {"ALTER ROLE overt_server BYPASSRLS", "ALTER ROLE overt_server NOBYPASSRLS"},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        pg_sql(f->pg, "admin", steps[i][0]);
        refuse_open(server, OV_ERR_DENIED, "store.role");
        pg_sql(f->pg, "admin", steps[i][1]);
    }
    struct ov_error err = OV_ERROR_INIT;
    struct store *store = NULL;
    assert_fine(store_open(server, &store, &err), &err);
    store_close(store);
}

static void an_unknown_schema_version_is_refused(void **state)
{
    struct fixture *f = *state;
    const char *server = pg_conninfo(f->pg, "server");
    char sql[200];
    pg_sql(f->pg, "admin", "INSERT INTO public.schema_migrations VALUES ('99990101000000')");
    refuse_open(server, OV_ERR_STATE, "store.schema_version");
    pg_sql(f->pg, "admin", "DELETE FROM public.schema_migrations WHERE version = '99990101000000'");
    (void)snprintf(sql, sizeof(sql), "DELETE FROM public.schema_migrations WHERE version = '%s'",
                   store_known_schema());
    pg_sql(f->pg, "admin", sql);
    refuse_open(server, OV_ERR_STATE, "store.schema_version");
    (void)snprintf(sql, sizeof(sql), "INSERT INTO public.schema_migrations VALUES ('%s')",
                   store_known_schema());
    pg_sql(f->pg, "admin", sql);
    /* The newest is there, but one in the middle is not. */
    pg_sql(
        f->pg, "admin",
        "CREATE TABLE public.kept AS SELECT min(version) AS version FROM "
        "public.schema_migrations; DELETE FROM public.schema_migrations WHERE version IN (SELECT "
        "version FROM public.kept)");
    refuse_open(server, OV_ERR_STATE, "store.schema_version");
    pg_sql(f->pg, "admin",
           "INSERT INTO public.schema_migrations SELECT version FROM public.kept; DROP TABLE "
           "public.kept");
    struct ov_error err = OV_ERROR_INIT;
    struct store *store = NULL;
    assert_fine(store_open(server, &store, &err), &err);
    store_close(store);
}

static void a_database_without_a_schema_is_refused(void **state)
{
    struct fixture *f = *state;
    char conninfo[512];
    pg_sql(f->pg, "admin", "CREATE DATABASE empty");
    pg_sql(f->pg, "admin", "REVOKE TEMPORARY ON DATABASE empty FROM PUBLIC");
    /* A later keyword of a conninfo overrides an earlier one. */
    (void)snprintf(conninfo, sizeof(conninfo), "%s dbname=empty", pg_conninfo(f->pg, "server"));
    refuse_open(conninfo, OV_ERR_STATE, "store.schema_version");
    (void)snprintf(conninfo, sizeof(conninfo), "%s dbname=nowhere", pg_conninfo(f->pg, "server"));
    refuse_open(conninfo, OV_ERR_UNAVAILABLE, "store.down");
}

static void a_conninfo_that_cannot_be_read_or_holds_a_password_is_refused(void **state)
{
    (void)state;
    refuse_open("host", OV_ERR_INVALID, "store.conninfo");
    refuse_open("colour=blue", OV_ERR_INVALID, "store.conninfo");
    refuse_open("dbname=overt password=secret", OV_ERR_INVALID, "store.conninfo");
    refuse_open("postgresql://overt_server:secret@localhost/overt", OV_ERR_INVALID,
                "store.conninfo");
}

static void a_database_that_is_down_is_unavailable(void **state)
{
    struct fixture *f = *state;
    const char *server = pg_conninfo(f->pg, "server");
    refuse_open("host=/nonexistent dbname=overt user=overt_server", OV_ERR_UNAVAILABLE,
                "store.down");
    pg_stop(f->pg);
    refuse_open(server, OV_ERR_UNAVAILABLE, "store.down");
    pg_restart(f->pg);
    struct ov_error err = OV_ERROR_INIT;
    assert_fine(store_ensure(f->store, &err), &err);
}

/* --- transactions -------------------------------------------------------------------------- */

static void transactions_are_opened_and_closed_in_order(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    store_rollback(f->store);
    assert_refused(store_commit(f->store, &err), OV_ERR_STATE, "store.no_transaction", &err);
    assert_fine(store_begin(f->store, &err), &err);
    assert_refused(store_begin(f->store, &err), OV_ERR_STATE, "store.in_transaction", &err);
    assert_fine(store_ensure(f->store, &err), &err);
    assert_fine(store_commit(f->store, &err), &err);

    /* After a failed step nothing else of the transaction happens, least of all its commit. */
    struct principal principal = {.id = ov_id_new(), .kind = PRINCIPAL_PERSON, .name = "NOT VALID"};
    assert_fine(store_begin(f->store, &err), &err);
    assert_refused(pg_add_person(f->store, &principal, "overt://person/x", &err), OV_ERR_INVALID,
                   "principal.invalid", &err);
    int64_t now = 0;
    assert_refused(store_now(f->store, &now, &err), OV_ERR_STATE, "store.aborted", &err);
    assert_refused(store_commit(f->store, &err), OV_ERR_STATE, "store.aborted", &err);
    assert_fine(store_now(f->store, &now, &err), &err);
    assert_in_range(now, now_us() - 60 * OV_US_PER_S, now_us() + 60 * OV_US_PER_S);
}

struct locker {
    struct fixture *f;
    struct ov_id first;
    struct ov_id second;
    pthread_barrier_t *both_have_one;
    enum ov_status status;
    char code[48];
};

static void *lock_two(void *ctx)
{
    struct locker *locker = ctx;
    struct store *store = NULL;
    struct deployment row;
    struct ov_error err = OV_ERROR_INIT;
    enum ov_status status = store_open(pg_conninfo(locker->f->pg, "server"), &store, &err);
    if (status == OV_OK)
        status = store_begin(store, &err);
    if (status == OV_OK)
        status = store_deployment_get(store, &locker->first, true, &row, &err);
    (void)pthread_barrier_wait(locker->both_have_one);
    if (status == OV_OK)
        status = store_deployment_get(store, &locker->second, true, &row, &err);
    locker->status = status;
    (void)snprintf(locker->code, sizeof(locker->code), "%s", err.code);
    store_close(store);
    return NULL;
}

static void of_two_that_deadlock_one_is_told_to_try_again(void **state)
{
    struct fixture *f = *state;
    struct deployment a = pg_seed_deployment(f->store, "lock-a", &f->applicant, &f->site);
    struct deployment b = pg_seed_deployment(f->store, "lock-b", &f->applicant, &f->site);
    pthread_barrier_t barrier;
    pthread_t threads[2];
    (void)pg_conninfo(f->pg, "server");
    assert_int_equal(pthread_barrier_init(&barrier, NULL, 2), 0);
    struct locker lockers[2] = {{f, a.id, b.id, &barrier, OV_OK, ""},
                                {f, b.id, a.id, &barrier, OV_OK, ""}};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, lock_two, &lockers[i]), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    (void)pthread_barrier_destroy(&barrier);
    const struct locker *loser = lockers[0].status != OV_OK ? &lockers[0] : &lockers[1];
    const struct locker *winner = loser == &lockers[0] ? &lockers[1] : &lockers[0];
    assert_int_equal(winner->status, OV_OK);
    assert_int_equal(loser->status, OV_ERR_CONFLICT);
    assert_string_equal(loser->code, "store.conflict");
}

/* --- losing the database ------------------------------------------------------------------- */

static void a_crash_in_a_transaction_is_told_and_survived(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct principal lost = {.id = ov_id_new(), .kind = PRINCIPAL_PERSON, .name = "lost-in-crash"};
    struct ov_id kept = pg_seed_person(f->store, "kept-in-crash", 0);
    int64_t now = 0;
    bool notified = false;
    assert_fine(store_begin(f->store, &err), &err);
    assert_fine(pg_add_person(f->store, &lost, "overt://person/lost-in-crash", &err), &err);
    pg_kill(f->pg);
    assert_refused(store_now(f->store, &now, &err), OV_ERR_UNAVAILABLE, "store.down", &err);
    assert_refused(store_commit(f->store, &err), OV_ERR_UNAVAILABLE, "store.down", &err);
    store_rollback(f->store);
    assert_refused(store_ensure(f->store, &err), OV_ERR_UNAVAILABLE, "store.down", &err);
    assert_refused(store_begin(f->store, &err), OV_ERR_UNAVAILABLE, "store.down", &err);
    assert_refused(store_listen(f->store, &err), OV_ERR_UNAVAILABLE, "store.down", &err);
    assert_refused(store_wait(f->store, 10, &notified, &err), OV_ERR_UNAVAILABLE, "store.down",
                   &err);

    pg_restart(f->pg);
    assert_fine(store_ensure(f->store, &err), &err);
    struct principal found;
    assert_fine(store_principal_by_id(f->store, &kept, &found, &err), &err);
    assert_refused(store_principal_by_id(f->store, &lost.id, &found, &err), OV_ERR_NOT_FOUND,
                   "principal.unknown", &err);
}

static void a_crash_in_the_commit_is_not_durable(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct principal lost = {.id = ov_id_new(), .kind = PRINCIPAL_PERSON, .name = "crash-commit"};
    assert_fine(store_ensure(f->store, &err), &err);
    (void)pg_seed_person(f->store, "before-crash", 0); /* settles what an earlier test left open */
    assert_fine(store_begin(f->store, &err), &err);
    assert_fine(pg_add_person(f->store, &lost, "overt://person/crash-commit", &err), &err);
    pg_seed_event(f->store);
    pg_kill(f->pg);
    assert_refused(store_commit(f->store, &err), OV_ERR_UNAVAILABLE, "store.not_durable", &err);
    pg_restart(f->pg);
    assert_fine(store_ensure(f->store, &err), &err);
}

static void a_terminated_session_is_told_and_regained(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    bool notified = false;
    int64_t now = 0;
    static const char terminate[] =
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = "
        "'overt_server'";
    assert_fine(store_ensure(f->store, &err), &err);
    assert_fine(store_listen(f->store, &err), &err);
    assert_int_equal(pg_value(f->pg, "admin", terminate), 1);
    assert_refused(store_wait(f->store, 5000, &notified, &err), OV_ERR_UNAVAILABLE, "store.down",
                   &err);
    assert_fine(store_ensure(f->store, &err), &err);
    assert_fine(store_now(f->store, &now, &err), &err);
    assert_int_equal(pg_value(f->pg, "admin", terminate), 1);
    assert_refused(store_begin(f->store, &err), OV_ERR_UNAVAILABLE, "store.down", &err);
    assert_fine(store_ensure(f->store, &err), &err);
    assert_fine(store_begin(f->store, &err), &err);
    store_rollback(f->store);
}

/* --- a commit that no standby has ---------------------------------------------------------- */

struct interrupter {
    struct pg *pg;
    const char *how; /* pg_cancel_backend or pg_terminate_backend */
    int interrupted;
};

/* Waits until a session of the server waits for the standby, then interrupts it. */
static void *interrupt(void *ctx)
{
    struct interrupter *interrupter = ctx;
    char sql[200];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(%s(pid)) FROM pg_stat_activity WHERE usename = 'overt_server' AND "
                   "wait_event = 'SyncRep'",
                   interrupter->how);
    for (int i = 0; i < 500 && interrupter->interrupted == 0; i++) {
        interrupter->interrupted = (int)pg_value(interrupter->pg, "admin", sql);
        (void)usleep(20000);
    }
    return NULL;
}

/* Commits while the interrupter lies in wait: it has to have had something to interrupt. */
static void commit_interrupted(struct fixture *f, const char *how)
{
    struct ov_error err = OV_ERROR_INIT;
    struct interrupter interrupter = {f->pg, how, 0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, interrupt, &interrupter), 0);
    enum ov_status status = store_commit(f->store, &err);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(interrupter.interrupted, 1);
    assert_refused(status, OV_ERR_UNAVAILABLE, "store.not_durable", &err);
    assert_fine(store_ensure(f->store, &err), &err);
}

static void add_interrupted(struct fixture *f, const char *how, const char *name)
{
    struct ov_error err = OV_ERROR_INIT;
    struct principal principal = {.id = ov_id_new(), .kind = PRINCIPAL_PERSON, .active = true};
    char uri[100];
    (void)snprintf(principal.name, sizeof(principal.name), "%s", name);
    (void)snprintf(uri, sizeof(uri), "overt://person/%s", name);
    assert_fine(store_ensure(f->store, &err), &err);
    assert_fine(store_begin(f->store, &err), &err);
    assert_fine(pg_add_person(f->store, &principal, uri, &err), &err);
    pg_seed_event(f->store);
    commit_interrupted(f, how);
    /* It is there, locally; the same act again with the same ids says so. */
    assert_fine(store_begin(f->store, &err), &err);
    assert_refused(pg_add_person(f->store, &principal, uri, &err), OV_ERR_EXISTS,
                   "principal.exists", &err);
    store_rollback(f->store);
    /* Nor does a repetition that has nothing to write pass for durable. */
    assert_fine(store_begin(f->store, &err), &err);
    assert_fine(store_principal_by_id(f->store, &principal.id, &principal, &err), &err);
    commit_interrupted(f, how);
}

static void a_commit_that_may_not_be_replicated_is_not_durable(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment d = pg_seed_deployment(f->store, "durable", &f->applicant, &f->site);
    (void)pg_conninfo(f->pg, "admin");
    /* The cluster's own default would not wait: the store's sessions do nevertheless. */
    pg_sql(f->pg, "admin", "ALTER SYSTEM SET synchronous_standby_names = 'nowhere'");
    pg_sql(f->pg, "admin", "ALTER SYSTEM SET synchronous_commit = off");
    pg_restart(f->pg);
    add_interrupted(f, "pg_cancel_backend", "not-durable-1");
    add_interrupted(f, "pg_terminate_backend", "not-durable-2");

    /* A statement that is its own transaction promises no less. */
    struct interrupter interrupter = {f->pg, "pg_cancel_backend", 0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, interrupt, &interrupter), 0);
    enum ov_status status = store_deployment_bump_gallery(f->store, &d.id, &err);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_refused(status, OV_ERR_UNAVAILABLE, "store.not_durable", &err);
    int64_t now = 0;
    assert_fine(store_now(f->store, &now, &err), &err); /* reading does not wait */

    pg_sql(f->pg, "admin", "ALTER SYSTEM RESET synchronous_standby_names");
    pg_restart(f->pg);
    assert_fine(store_ensure(f->store, &err), &err);
    assert_fine(store_deployment_bump_gallery(f->store, &d.id, &err), &err);
}

int run_connection_tests(void)
{
    const struct CMUnitTest connection[] = {
        cmocka_unit_test(a_role_that_owns_something_or_could_is_refused),
        cmocka_unit_test(an_unknown_schema_version_is_refused),
        cmocka_unit_test(a_database_without_a_schema_is_refused),
        cmocka_unit_test(a_conninfo_that_cannot_be_read_or_holds_a_password_is_refused),
        cmocka_unit_test(a_database_that_is_down_is_unavailable),
        cmocka_unit_test(transactions_are_opened_and_closed_in_order),
        cmocka_unit_test(of_two_that_deadlock_one_is_told_to_try_again),
        cmocka_unit_test(a_crash_in_a_transaction_is_told_and_survived),
        cmocka_unit_test(a_crash_in_the_commit_is_not_durable),
        cmocka_unit_test(a_terminated_session_is_told_and_regained),
        cmocka_unit_test(a_commit_that_may_not_be_replicated_is_not_durable),
    };
    return cmocka_run_group_tests(connection, fixture_start, fixture_stop);
}
