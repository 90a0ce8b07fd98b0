/*
 * A live deployment and the rules that it was authorised under: a new version of the policy leaves
 * it as it is, an entry's time runs out, and nobody is there any more. What would take hours is
 * done to the database by its administrator, whom the triggers are told to let through; the rest is
 * waited for.
 */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "tests/integration/protocol/bench.h"

#define PROMISED_MS 2000 /* the keeper looks each second; printed, not asserted */
#define HEARTBEAT_S 10   /* the shortest that a policy may ask for */

static int64_t now_ms(void)
{
    return ov_clock_mono_us(ov_clock_system()) / OV_US_PER_MS;
}

static void run_ok(struct bench *bench, const char *sql)
{
    struct ov_buf out = OV_BUF_INIT;
    assert_int_equal(world_psql(&bench->world, "admin", sql, &out), 0);
    ov_buf_free(&out);
}

/* Runs as a person and is refused with this code. */
#define refused(world, person, code, ...)                                                          \
    do {                                                                                           \
        struct ov_buf refused_out = OV_BUF_INIT;                                                   \
        int refused_status =                                                                       \
            world_ctl((world), (person), NULL, &refused_out, "--yes", __VA_ARGS__, NULL);          \
        if (refused_status == 0 || strstr(refused_out.data, (code)) == NULL)                       \
            fail_msg("%d, said %s, not %s", refused_status, refused_out.data, (code));             \
        ov_buf_free(&refused_out);                                                                 \
    } while (0)

/* How many events of this name there are of a deployment, with this detail if there is one. */
static long events_of(struct bench *bench, const char *name, const char *deployment,
                      const char *detail)
{
    char sql[1024];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM audit.event, convert_from(body, 'UTF8') AS text, "
                   "CAST(text AS jsonb) AS j WHERE j ->> 'name' = '%s' AND j ->> 'deployment' = "
                   "(SELECT id::text FROM overt.deployment WHERE name = '%s') AND "
                   "j -> 'details' @> '%s'",
                   name, deployment, detail);
    return world_psql_number(&bench->world, sql);
}

/* --- an entry's time ---------------------------------------------------------------------------
 */

static void an_entry_that_expires_is_not_searched_any_more(void **state)
{
    struct bench *bench = *state;
    struct world *world = &bench->world;
    const float *stranger = face_values(&bench->faces.stranger);
    struct ov_id deployment;
    struct ov_id entry;
    uint64_t number = 0;
    char photo[PATH_MAX];
    (void)snprintf(photo, sizeof(photo), "%s", world_path(world, "stranger.jpg"));
    assert_int_equal(ov_file_write_new(photo, 0600, bench->faces.stranger.crop.data,
                                       bench->faces.stranger.crop.size, NULL),
                     OV_OK);
    world_go_live(world, "expiring", "expiry", 0, &deployment);
    bench_join(bench, &bench->peer, "expiry", NULL);
    world_propose(world, "expiring", photo, NULL,
                  "name: Somebody Else\nreference: R-2\nexpiry: 2199-12-31\n", &entry);
    world_approve_only(world, "expiring");
    int64_t since_ms = now_ms();
    do {
        number++;
        assert_true(now_ms() - since_ms < BENCH_LIMIT_MS);
    } while (!bench_probe(&bench->peer, number, number, stranger));

    long version = bench_count(
        bench, "SELECT gallery_version FROM overt.deployment WHERE id = '%s'", &deployment);
    run_ok(bench, "SET session_replication_role = replica; UPDATE watchlist.entry SET expires_at = "
                  "clock_timestamp() + interval '1 second' WHERE expires_at IS NOT NULL");
    since_ms = now_ms() + 1000;
    do {
        number++;
        assert_true(now_ms() - since_ms < BENCH_LIMIT_MS);
    } while (bench_probe(&bench->peer, number, number, stranger));
    print_message("an expired entry left after %lld ms (promised: %d)\n",
                  (long long)(now_ms() - since_ms), PROMISED_MS);
    /* No alert is one thing; that he is not even compared any more is another. */
    assert_true(world_await_number(
        world, "SELECT count(*) FROM watchlist.entry WHERE state = 'expired'", 1, BENCH_LIMIT_MS));
    assert_true(bench_count(bench, "SELECT gallery_version FROM overt.deployment WHERE id = '%s'",
                            &deployment) > version);
    assert_int_equal(events_of(bench, "entry.expired", "expiring", "{\"was\": \"approved\"}"), 1);
    for (int i = 0; i < 10; i++) {
        number++;
        assert_false(bench_probe(&bench->peer, number, number, stranger));
        number++;
        assert_true(bench_probe(&bench->peer, number, number, face_values(&bench->faces.wanted)));
    }
    char text[OV_ID_TEXT_SIZE];
    refused(world, "ada", "entry.withdrawn", "watchlist", "remove", "expiring",
            ov_id_format(&entry, text));
}

/* --- a new version of the policy ---------------------------------------------------------------
 */

/* Into force by two: the policy as it is now with these members changed. */
static void change_policy(struct bench *bench, json_t *take_changes)
{
    struct world *world = &bench->world;
    struct ov_buf out = OV_BUF_INIT;
    char path[PATH_MAX];
    char version[16];
    (void)snprintf(path, sizeof(path), "%s", world_path(world, "policy.json"));
    world_ctl_ok(world, "ada", NULL, &out, "policy", "show", "--file", NULL);
    json_t *policy = json_loadb(out.data, out.length, 0, NULL);
    ov_buf_free(&out);
    assert_int_equal(json_object_update(policy, take_changes), 0);
    json_decref(take_changes);
    (void)snprintf(version, sizeof(version), "%d",
                   (int)json_integer_value(json_object_get(policy, "base_version")) + 1);
    assert_int_equal(json_dump_file(policy, path, 0), 0);
    json_decref(policy);
    world_ctl_ok(world, "ada", NULL, NULL, "--yes", "policy", "propose", path, NULL);
    world_ctl_ok(world, "hana", NULL, NULL, "--yes", "policy", "approve", version, NULL);
}

/* An application's file for "kept-site": threshold, hours that alerts are kept. */
static const char *application(struct bench *bench, const char *threshold, int alert_h)
{
    static char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s", world_path(&bench->world, "application.ini"));
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    (void)fprintf(file,
                  "kind = exercise\npurpose = p\nsites = kept-site\nthreshold = %s\n"
                  "retention_alert_h = %d\n",
                  threshold, alert_h);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* Stricter in everything that "kept" was authorised with: it goes on, the next one does not. */
static void a_live_deployment_keeps_the_policy_it_was_authorised_under(void **state)
{
    struct bench *bench = *state;
    struct world *world = &bench->world;
    struct ov_id deployment;
    world_go_live(world, "kept", "kept-site", 0, &deployment);
    world_ctl_ok(world, "ada", NULL, NULL, "deployment", "create", "drafted-before",
                 "--application", application(bench, "0.53", 24), "--hours", "8", NULL);
    change_policy(bench, json_pack("{sf si si}", "threshold_floor", 0.65, "window_max_h", 6,
                                   "retention_alert_max_h", 12));

    bench_join(bench, &bench->peer, "kept-site", NULL);
    assert_true(bench->welcome.threshold == 0.53f); /* below the new floor */
    assert_true(bench_probe(&bench->peer, 1, 1, face_values(&bench->faces.wanted)));
    assert_int_equal(
        bench_count(bench,
                    "SELECT count(*) FROM overt.alert WHERE deployment_id = '%s' AND "
                    "erase_at - raised_at BETWEEN interval '24 hours' AND interval '24 hours 1 "
                    "minute'",
                    &deployment),
        1);
    peer_close(&bench->peer);
    world_ctl_ok(world, "cleo", NULL, NULL, "deployment", "pause", "kept", NULL);
    world_ctl_ok(world, "ben", NULL, NULL, "deployment", "resume", "kept", NULL);

    /* Its settings are judged by its own floor: under the new one, above the old one. */
    refused(world, "ben", "policy.threshold", "deployment", "change", "kept", "--reason", "r",
            "--threshold", "0.49");
    world_ctl_ok(world, "ben", NULL, NULL, "--yes", "deployment", "change", "kept", "--reason", "r",
                 "--threshold", "0.51", NULL);
    world_ctl_ok(world, "hana", NULL, NULL, "--yes", "deployment", "approve-change", "kept", NULL);
    assert_int_equal(bench_count(bench,
                                 "SELECT count(*) FROM overt.deployment WHERE id = '%s' AND state "
                                 "= 'live' AND threshold = 0.51::real AND policy_version = 1",
                                 &deployment),
                     1);

    /* What was drafted before, and what is drafted now, is judged by what is in force now. */
    refused(world, "ada", "policy.window", "deployment", "apply", "drafted-before");
    refused(world, "ada", "policy.threshold", "deployment", "create", "stricter", "--application",
            application(bench, "0.64", 12), "--hours", "6");
    refused(world, "ada", "policy.retention_alert", "deployment", "create", "stricter",
            "--application", application(bench, "0.65", 13), "--hours", "6");
    world_ctl_ok(world, "ada", NULL, NULL, "deployment", "create", "stricter", "--application",
                 application(bench, "0.65", 12), "--hours", "6", NULL);
    world_ctl_ok(world, "ada", NULL, NULL, "--yes", "deployment", "apply", "stricter", NULL);
    world_authorise(world, "ben", "stricter");

    assert_int_equal(events_of(bench, "deployment.applied", "kept", "{\"policy\": 1}"), 1);
    assert_int_equal(events_of(bench, "deployment.authorised", "kept", "{\"policy\": 1}"), 1);
    assert_int_equal(events_of(bench, "deployment.applied", "stricter", "{\"policy\": 2}"), 1);
    assert_int_equal(events_of(bench, "deployment.authorised", "stricter", "{\"policy\": 2}"), 1);
    assert_int_equal(world_psql_number(world, "SELECT count(*) FROM overt.policy JOIN "
                                              "audit.document ON digest = document_digest WHERE "
                                              "version IN (1, 2)"),
                     2);
    world_ctl_ok(world, "ben", NULL, NULL, "--yes", "deployment", "stop", "kept", NULL);
}

/* --- nobody is there ---------------------------------------------------------------------------
 */

static void await_paused(struct bench *bench, const char *reason, int limit_ms)
{
    struct ov_deployment_state told;
    int64_t since_ms = now_ms();
    char detail[64];
    assert_true(peer_receive_state(&bench->peer, limit_ms, &told));
    assert_int_equal(told.phase, OV_PHASE_PAUSED);
    assert_string_equal(told.reason, "deployment_paused");
    print_message("%s: paused after %lld ms\n", reason, (long long)(now_ms() - since_ms));
    (void)snprintf(detail, sizeof(detail), "{\"reason\": \"%s\"}", reason);
    assert_int_equal(events_of(bench, "deployment.paused", "watched", detail), 1);
    bench_assert_ended(&bench->peer);
    peer_close(&bench->peer);
}

/* The heartbeat is waited for: nothing touches the database's times. */
static void a_deployment_that_nobody_watches_pauses_by_itself(void **state)
{
    static const char *const others[] = {"cleo", "dan", "ada", "hana", "olga"};
    struct bench *bench = *state;
    struct world *world = &bench->world;
    struct ov_id deployment;
    change_policy(bench, json_pack("{si}", "heartbeat_s", HEARTBEAT_S));
    world_go_live(world, "watched", "watch", 0, &deployment);
    bench_join(bench, &bench->peer, "watch", NULL);
    /* As long as somebody is heard of, longer than a heartbeat, it stays live. */
    struct ov_deployment_state told;
    assert_false(peer_receive_state(&bench->peer, (HEARTBEAT_S + 3) * 1000, &told));
    assert_true(bench_probe(&bench->peer, 1, 1, face_values(&bench->faces.wanted)));

    world_leave(world);
    await_paused(bench, "no_adjudicator", (HEARTBEAT_S + 10) * 1000);
    refused(world, "ben", "duty.no_adjudicator", "deployment", "resume", "watched");
    world_attend(world, "watched"); /* being there again resumes nothing */
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        refused(world, others[i], "permission.denied", "deployment", "resume", "watched");
    assert_int_equal(bench_count(bench,
                                 "SELECT count(*) FROM overt.deployment WHERE state = 'paused' "
                                 "AND id = '%s'",
                                 &deployment),
                     1);
    world_ctl_ok(world, "ben", NULL, NULL, "deployment", "resume", "watched", NULL);

    bench_join(bench, &bench->peer, "watch", NULL);
    world_ctl_ok(world, WORLD_OFFICER, NULL, NULL, "duty", "end", "watched", "--as",
                 "engagement_officer", NULL);
    await_paused(bench, "no_engagement_officer", BENCH_LIMIT_MS);
    refused(world, "ben", "duty.no_engagement_officer", "deployment", "resume", "watched");
    world_ctl_ok(world, "ben", NULL, NULL, "--yes", "deployment", "stop", "watched", NULL);
}

/* "watch": the one that waits, and after which no deployment has an adjudicator; else the others.
 */
int main(int argc, char **argv)
{
    const struct CMUnitTest rules[] = {
        bench_test(an_entry_that_expires_is_not_searched_any_more),
        bench_test(a_live_deployment_keeps_the_policy_it_was_authorised_under),
    };
    const struct CMUnitTest watch[] = {
        cmocka_unit_test_setup(a_deployment_that_nobody_watches_pauses_by_itself, bench_setup),
    };
    if (argc > 1 && strcmp(argv[1], "watch") == 0)
        return cmocka_run_group_tests(watch, bench_group_setup, bench_group_teardown);
    return cmocka_run_group_tests(rules, bench_group_setup, bench_group_teardown);
}
