/*
 * The server is killed with SIGKILL before each statement of the transactions that authorise, in
 * writing and orally, and that go live; and when the database has committed and the answer is lost.
 * Whoever asked asks again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/harness/faces.h"
#include "tests/integration/harness/peer.h"
#include "tests/integration/harness/world.h"
#include "tests/integration/lifecycle/tap.h"

#define LIMIT_MS 30000
#define NAME_SIZE 64

struct scene {
    struct world world;
    struct faces faces;
    struct tap *tap;
    unsigned made; /* deployments */
};
static struct scene scene;
/* Each loads the models: a restart is quicker with fewer. One API worker: one connection. */
static const char few_workers[] =
    "[matching]\nalert_workers = 1\napi_workers = 1\ndesk_workers = 1\n";

/* An act, in one transaction. */
struct act {
    const char *verb, *person, *input;
    const char *more[2];               /* further arguments */
    const char *statement;             /* the one that takes the step */
    const char *event;                 /* what is written of it, once */
    const char *repeated;              /* what a repetition is told */
    const char *phase;                 /* what a site is told before; NULL: not asked */
    void (*prepare)(const char *name); /* takes a new deployment to where the act may be done */
};

static long scale(void)
{
    const char *text = getenv("OVERT_TEST_SCALE");
    long percent = text != NULL ? strtol(text, NULL, 10) : 100;
    return percent > 0 ? percent : 1;
}

/* --- the installation, with the tap in front of its database --- */

static void tap_the_database(struct world *world)
{
    struct ov_buf straight = OV_BUF_INIT;
    char socket_folder[100];
    char socket_path[108];
    world_conninfo(world, "server", &straight);
    assert_int_equal(sscanf(straight.data, "host='%99[^']'", socket_folder), 1);
    (void)snprintf(socket_path, sizeof(socket_path), "%.80s/.s.PGSQL.5432", socket_folder);
    scene.tap = tap_new(world_path(world, "tap"), socket_path);
    (void)snprintf(world->database, sizeof(world->database), "host='%s'%s",
                   world_path(world, "tap"), strchr(strchr(straight.data, '\'') + 1, '\'') + 1);
    ov_buf_free(&straight);
}

static int group_setup(void **state)
{
    (void)state;
    world_new(&scene.world);
    faces_load(&scene.faces, scene.world.deps);
    tap_the_database(&scene.world);
    world_start_overtd(&scene.world, few_workers);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    int status = scene.world.overtd > 0 ? world_stop_overtd(&scene.world) : 0;
    tap_free(scene.tap);
    faces_free(&scene.faces);
    world_free(&scene.world);
    return status;
}

/* --- what is there --- */

static void look(const char *name, const char *columns, struct ov_buf *out)
{
    char sql[1536];
    (void)snprintf(
        sql, sizeof(sql),
        "SELECT concat_ws(' | ', %s, (SELECT string_agg(text::jsonb ->> 'name', ' ' ORDER BY "
        "text::jsonb ->> 'name') FROM audit.event, convert_from(body, 'UTF8') AS text WHERE "
        "text::jsonb ->> 'deployment' = d.id::text), (SELECT string_agg(kind, ' ' ORDER BY kind) "
        "FROM audit.document AS doc WHERE doc.deployment_id = d.id), (SELECT string_agg(code, ' ') "
        "FROM overt.alarm AS a WHERE a.deployment_id = d.id)) FROM overt.deployment AS d "
        "WHERE name = '%s'",
        columns, name);
    assert_int_equal(world_psql(&scene.world, "admin", sql, out), 0);
}

/* Everything of it, to the bit. */
static void look_closely(const char *name, struct ov_buf *out)
{
    look(name,
         "d::text, (SELECT string_agg(s::text, ' ') FROM overt.settings_change AS s WHERE "
         "s.deployment_id = d.id), (SELECT string_agg(y::text, ' ' ORDER BY y::text) FROM "
         "overt.duty AS y WHERE y.deployment_id = d.id)",
         out);
}

/* What is the same for all to which the same was done; what belongs together is there together. */
static void look_from_afar(const char *name, struct ov_buf *out)
{
    look(name,
         "d.state, d.authority, d.urgent, d.end_reason, d.gallery_version, d.revision, "
         "d.went_live_at = d.state_at, d.authorised_by IS NOT NULL, d.authorised_at IS NOT NULL, "
         "d.oral_by IS NOT NULL, d.recorded_by IS NOT NULL, d.oral_at IS NOT NULL, "
         "d.written_due_at - d.oral_at, EXISTS (SELECT FROM audit.document AS f WHERE f.digest = "
         "d.authorisation_digest AND f.kind = 'authorisation'), EXISTS (SELECT FROM audit.document "
         "AS f WHERE f.digest = d.oral_digest AND f.kind = 'oral_authorisation')",
         out);
}

static long events(const char *name, const char *event)
{
    char sql[512];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM overt.deployment AS d, audit.event, convert_from(body, "
                   "'UTF8') AS text WHERE d.name = '%s' AND text::jsonb ->> 'name' = '%s' AND "
                   "text::jsonb ->> 'deployment' = d.id::text",
                   name, event);
    return world_psql_number(&scene.world, sql);
}

/* A site comes and asks to search; the code that it is refused with, or "". */
static void greet(const char *site, struct peer *peer, struct ov_welcome *welcome,
                  char code[OV_CODE_SIZE])
{
    char identity[NAME_SIZE + 8];
    struct ov_hello hello;
    const struct ov_id run = ov_id_new();
    (void)snprintf(identity, sizeof(identity), "site-%s", site);
    const struct peer_options options = {.identity_dir = world_identity(&scene.world, identity),
                                         .alpn = OV_ALPN_CAPTURE};
    assert_true(peer_connect(peer, scene.world.capture_port, &options));
    peer_hello(&hello, scene.faces.digest, &run);
    code[0] = '\0';
    if (!peer_greet(peer, &hello, welcome))
        assert_true(peer_receive_error(peer, LIMIT_MS, code));
}

static void assert_no_search(const char *site, const char *phase)
{
    struct peer peer;
    struct ov_welcome welcome;
    char code[OV_CODE_SIZE];
    greet(site, &peer, &welcome, code);
    assert_string_equal(code, phase);
    peer_close(&peer);
}

/* Lease, gallery and authority are there: who is sought raises an alert. */
static void assert_searches(const char *site)
{
    struct peer peer;
    struct ov_welcome welcome;
    struct ov_batch_ack ack;
    char code[OV_CODE_SIZE];
    greet(site, &peer, &welcome, code);
    assert_string_equal(code, "");
    assert_true(peer_send_one(&peer, 1, 1, face_values(&scene.faces.wanted)));
    assert_true(peer_receive_ack(&peer, LIMIT_MS, &ack));
    assert_int_equal(ack.alerted_count, 1);
    peer_close(&peer);
}

/* --- doing it, and dying of it --- */

static int run_act(const struct act *act, const char *name, struct ov_buf *out)
{
    return world_ctl(&scene.world, act->person, act->input, out, "--yes", "deployment", act->verb,
                     name, act->more[0], act->more[1], NULL);
}

static size_t find(const struct tap_seen *seen, const char *name, size_t from, int step)
{
    for (size_t i = from; i < seen->count; i += (size_t)step) {
        if (strcmp(seen->names[i], name) == 0)
            return i;
    }
    fail_msg("no %s among %zu statements", name, seen->count);
    return 0;
}

/* Killed at this statement; the same ones went before as when nothing happened. */
static void die_at(const struct act *act, const char *name, const struct tap_seen *usual, size_t at,
                   enum tap_when when)
{
    struct tap_seen seen;
    struct ov_buf out = OV_BUF_INIT;
    tap_watch(scene.tap, scene.world.overtd, at, when);
    int status = run_act(act, name, &out);
    tap_seen(scene.tap, &seen);
    if (status == 0 || seen.count != at + 1)
        fail_msg("%s: not killed at %s: exit %d after %zu statements, %s", act->verb,
                 usual->names[at], status, seen.count, out.data);
    for (size_t i = 0; i <= at; i++)
        assert_string_equal(seen.names[i], usual->names[i]);
    ov_buf_free(&out);
    world_kill_overtd(&scene.world); /* it is dead: this waits for it */
    world_start_overtd(&scene.world, few_workers);
}

static void assert_same(const struct act *act, const struct ov_buf *is, const struct ov_buf *was,
                        const char *where)
{
    if (strcmp(is->data, was->data) != 0)
        fail_msg("%s, killed at %s:\n%s\nand not:\n%s", act->verb, where, is->data, was->data);
}

static void prepare(const struct act *act, char name[NAME_SIZE])
{
    (void)snprintf(name, NAME_SIZE, "d-%u", scene.made++);
    act->prepare(name);
}

static void assert_repetition_is_told(const struct act *act, const char *name)
{
    struct ov_buf out = OV_BUF_INIT;
    assert_int_equal(run_act(act, name, &out), 1);
    if (strstr(out.data, act->repeated) == NULL)
        fail_msg("%s again: %s", act->verb, out.data);
    ov_buf_free(&out);
    assert_int_equal(events(name, act->event), 1);
}

/* Once without dying: its statements, and what is there afterwards. */
static void learn(const struct act *act, struct tap_seen *usual, struct ov_buf *done)
{
    char name[NAME_SIZE];
    struct ov_buf out = OV_BUF_INIT;
    prepare(act, name);
    tap_watch(scene.tap, scene.world.overtd, TAP_NEVER, TAP_BEFORE);
    if (run_act(act, name, &out) != 0)
        fail_msg("%s: %s", act->verb, out.data);
    tap_seen(scene.tap, usual);
    ov_buf_free(&out);
    look_from_afar(name, done);
    assert_int_equal(events(name, act->event), 1);
    assert_repetition_is_told(act, name);
}

/* Nothing of it has happened, whenever the server dies before it is committed. */
static void die_on_the_way(const struct act *act, const struct tap_seen *usual, size_t begin,
                           size_t commit, const struct ov_buf *done)
{
    char name[NAME_SIZE];
    struct ov_buf before = OV_BUF_INIT;
    struct ov_buf now = OV_BUF_INIT;
    struct ov_buf out = OV_BUF_INIT;
    long stride = scale() < 100 ? 100 / scale() : 1;
    prepare(act, name);
    look_closely(name, &before);
    for (size_t at = begin; at <= commit; at += (size_t)stride) {
        die_at(act, name, usual, at, TAP_BEFORE);
        ov_buf_free(&now);
        look_closely(name, &now);
        assert_same(act, &now, &before, usual->names[at]);
        if (act->phase != NULL)
            assert_no_search(name, act->phase);
    }
    if (run_act(act, name, &out) != 0)
        fail_msg("%s again: %s", act->verb, out.data);
    ov_buf_free(&now);
    look_from_afar(name, &now);
    assert_same(act, &now, done, "each statement");
    if (act->phase != NULL)
        assert_searches(name);
    assert_repetition_is_told(act, name);
    ov_buf_free(&before);
    ov_buf_free(&now);
    ov_buf_free(&out);
}

/* It has happened, all of it, and whoever asks again is told so. */
static void die_after_the_commit(const struct act *act, const struct tap_seen *usual, size_t commit,
                                 const struct ov_buf *done)
{
    char name[NAME_SIZE];
    struct ov_buf now = OV_BUF_INIT;
    prepare(act, name);
    die_at(act, name, usual, commit, TAP_AFTER);
    look_from_afar(name, &now);
    assert_same(act, &now, done, "the answer to COMMIT");
    assert_repetition_is_told(act, name);
    if (act->phase != NULL)
        assert_searches(name);
    ov_buf_free(&now);
}

static void die_of(const struct act *act)
{
    struct tap_seen usual;
    struct ov_buf done = OV_BUF_INIT;
    learn(act, &usual, &done);
    size_t step = find(&usual, act->statement, 0, 1);
    size_t begin = find(&usual, "BEGIN", step, -1);
    size_t commit = find(&usual, "COMMIT", step, 1);
    print_message("%s: %zu statements\n", act->verb, commit - begin + 1);
    for (long round = 0; round < (scale() + 99) / 100; round++) {
        die_on_the_way(act, &usual, begin, commit, &done);
        die_after_the_commit(act, &usual, commit, &done);
    }
    ov_buf_free(&done);
}

/* --- the acts --- */

/* Each at a site of its own name. */
static void apply(const char *name)
{
    struct ov_id id;
    world_add_site(&scene.world, name);
    world_apply(&scene.world, name, name, -1, &id);
}

static void apply_and_record_oral(const char *name)
{
    apply(name);
    world_ctl_ok(&scene.world, "ben", "a child is missing", NULL, "deployment", "oral", name,
                 "--officer", "hana", NULL);
}

static void fill_and_authorise(const char *name)
{
    struct ov_id entry;
    struct ov_buf out = OV_BUF_INIT;
    struct world *world = &scene.world;
    apply(name);
    world_propose(world, name, scene.faces.photo, FACES_REGION,
                  WORLD_NAME "\n" WORLD_REFERENCE "\n", &entry);
    world_approve(world, name);
    world_authorise(world, "ben", name);
    world_attend(world, name);
    /* Present without a program that asks the server something meanwhile. */
    world_leave(world);
    assert_int_equal(world_psql(world, "admin",
                                "SET session_replication_role = replica; UPDATE overt.duty SET "
                                "last_seen = now() + interval '1 hour'",
                                &out),
                     0);
    ov_buf_free(&out);
}

static void killed_at_any_statement_an_authorisation_is_there_or_not(void **state)
{
    static const struct act act = {
        .verb = "authorise",
        .person = "ben",
        .input = WORLD_REASONS,
        .statement = "deployment_authorise",
        .event = "deployment.authorised",
        .repeated = "deployment.wrong_state",
        .prepare = apply,
    };
    (void)state;
    die_of(&act);
}

static void killed_at_any_statement_an_oral_authorisation_is_on_record_or_not(void **state)
{
    static const struct act act = {
        .verb = "oral",
        .person = "ben",
        .input = "a child is missing",
        .more = {"--officer", "hana"},
        .statement = "deployment_oral",
        .event = "deployment.oral_recorded",
        .repeated = "deployment.wrong_state",
        .prepare = apply,
    };
    (void)state;
    die_of(&act);
}

static void killed_at_any_statement_the_oral_one_is_in_writing_or_not(void **state)
{
    static const struct act act = {
        .verb = "authorise",
        .person = "hana",
        .input = WORLD_REASONS,
        .statement = "deployment_confirm",
        .event = "deployment.authorised",
        .repeated = "deployment.wrong_state",
        .prepare = apply_and_record_oral,
    };
    (void)state;
    die_of(&act);
}

static void killed_at_any_statement_a_deployment_is_live_or_not(void **state)
{
    static const struct act act = {
        .verb = "start",
        .person = "ben",
        .statement = "deployment_set_state",
        .event = "deployment.started",
        .repeated = "deployment.not_authorised",
        .phase = "deployment.not_live",
        .prepare = fill_and_authorise,
    };
    (void)state;
    die_of(&act);
}

/* All of them, or the one that is named. */
int main(int argc, char **argv)
{
    const struct {
        const char *name;
        struct CMUnitTest test;
    } acts[] = {
        {"authorise", cmocka_unit_test(killed_at_any_statement_an_authorisation_is_there_or_not)},
        {"oral",
         cmocka_unit_test(killed_at_any_statement_an_oral_authorisation_is_on_record_or_not)},
        {"written", cmocka_unit_test(killed_at_any_statement_the_oral_one_is_in_writing_or_not)},
        {"start", cmocka_unit_test(killed_at_any_statement_a_deployment_is_live_or_not)},
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        const struct CMUnitTest tests[] = {acts[i].test};
        if (argc < 2 || strcmp(argv[1], acts[i].name) == 0)
            failed += cmocka_run_group_tests(tests, group_setup, group_teardown);
    }
    return failed;
}
