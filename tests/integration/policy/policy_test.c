/* The policy and accepted models, changed by the people who may, with overtctl only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/base/file.h"
#include "tests/integration/harness/world.h"

static struct world world;

static int setup(void **state)
{
    (void)state;
    world_new(&world);
    world_start_overtd(&world, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_free(&world);
    return 0;
}

/* What overtctl said as JSON; the caller decrefs. */
static json_t *said(struct ov_buf *take_out)
{
    json_t *json = json_loadb(take_out->data, take_out->length, 0, NULL);
    if (json == NULL)
        print_error("not JSON: %.*s\n", (int)take_out->length, take_out->data);
    assert_non_null(json);
    ov_buf_free(take_out);
    return json;
}

/* Runs as a person, and fails with this code. */
#define refused(person, code, ...)                                                                 \
    do {                                                                                           \
        struct ov_buf refused_out = OV_BUF_INIT;                                                   \
        assert_int_not_equal(world_ctl(&world, (person), NULL, &refused_out, __VA_ARGS__, NULL),   \
                             0);                                                                   \
        if (strstr(refused_out.data, (code)) == NULL)                                              \
            fail_msg("said %s, not %s", refused_out.data, (code));                                 \
        ov_buf_free(&refused_out);                                                                 \
    } while (0)

static json_t *show(const char *version)
{
    struct ov_buf out = OV_BUF_INIT;
    world_ctl_ok(&world, "olga", NULL, &out, "policy", "show", version, NULL);
    return said(&out);
}

/* The policy in force with one member changed, as a file that can be proposed. */
static const char *proposal(const char *key, json_t *take_value)
{
    struct ov_buf out = OV_BUF_INIT;
    static char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s", world_path(&world, "policy.json"));
    world_ctl_ok(&world, "ada", NULL, &out, "policy", "show", "--file", NULL);
    json_t *json = said(&out);
    if (key != NULL)
        assert_int_equal(json_object_set_new(json, key, take_value), 0);
    assert_int_equal(json_dump_file(json, path, 0), 0);
    json_decref(json);
    return path;
}

static long long number(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void the_bootstrap_ships_the_defaults_by_two(void **state)
{
    (void)state;
    json_t *policy = show("in-force");
    assert_int_equal(number(policy, "version"), 1);
    assert_int_equal(number(policy, "subjects_max"), 20000);
    assert_int_equal(number(policy, "window_max_h"), 12);
    assert_int_equal(number(policy, "old_image_years"), 5);
    assert_int_equal(number(policy, "blue_list_max"), 50);
    assert_int_equal(number(policy, "far_target_ppm"), 1000);
    assert_true(json_is_true(json_object_get(policy, "blind_first")));
    assert_string_equal(json_string_value(json_object_get(policy, "proposed_by")), "ada");
    assert_string_equal(json_string_value(json_object_get(policy, "decided_by")), "ben");
    json_decref(policy);
    assert_int_equal(world_psql_number(&world, "SELECT count(*) FROM audit.event WHERE "
                                               "convert_from(body, 'UTF8')::jsonb ->> 'name' = "
                                               "'policy.shipped'"),
                     1);
}

static void one_proposes_another_approves_and_both_signatures_are_on_record(void **state)
{
    (void)state;
    struct ov_buf out = OV_BUF_INIT;
    const char *file = proposal("subjects_max", json_integer(500));
    refused("hana", "permission.denied", "policy", "propose", file, "--yes");
    refused("ada", "usage.confirm", "policy", "propose", file);
    world_ctl_ok(&world, "ada", NULL, &out, "policy", "propose", file, "--yes", NULL);
    json_t *policy = said(&out);
    assert_int_equal(number(policy, "version"), 2);
    json_decref(policy);

    policy = show("in-force");
    assert_int_equal(number(policy, "version"), 1);
    json_decref(policy);
    refused("ada", "policy.proposal_open", "policy", "propose", file, "--yes");
    refused("ada", "permission.denied", "policy", "approve", "2", "--yes");
    refused("ben", "permission.denied", "policy", "approve", "2", "--yes");
    refused("ben", "permission.denied", "policy", "refuse", "2");
    refused("hana", "policy.unknown", "policy", "approve", "3", "--yes");
    refused("hana", "policy.unknown", "policy", "approve", "in-force", "--yes");
    refused("hana", "policy.decided", "policy", "approve", "1", "--yes");
    world_ctl_ok(&world, "hana", NULL, NULL, "policy", "approve", "2", "--yes", NULL);
    policy = show("in-force");
    assert_int_equal(number(policy, "version"), 2);
    assert_int_equal(number(policy, "subjects_max"), 500);
    assert_string_equal(json_string_value(json_object_get(policy, "decided_by")), "hana");
    json_decref(policy);
    policy = show("1"); /* what deployments applied for before keep */
    assert_int_equal(number(policy, "subjects_max"), 20000);
    json_decref(policy);
    assert_int_equal(
        world_psql_number(
            &world, "SELECT count(*) FROM (SELECT convert_from(body, 'UTF8')::jsonb AS e FROM "
                    "audit.event) AS x JOIN overt.policy ON e -> 'details' ->> 'policy' = "
                    "encode(document_digest, 'hex') WHERE e ->> 'name' IN ('policy.proposed', "
                    "'policy.approved') AND jsonb_array_length(e -> 'signatures') = 1 AND e -> "
                    "'signatures' -> 0 ->> 'statement' LIKE '%' || encode(document_digest, 'hex') "
                    "|| '%'"),
        2);
    refused("ada", "policy.stale", "policy", "propose", file, "--yes"); /* made from version 1 */
}

static void a_number_outside_its_range_is_refused_by_its_name(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        json_int_t value;
        const char *code;
    } cases[] = {{"subjects_max", 20001, "policy.subjects_max"},
                 {"window_max_h", 13, "policy.window_max_h"},
                 {"retention_watchlist_max_h", 25, "policy.retention_watchlist_max_h"},
                 {"retention_true_alert_max_h", 745, "policy.retention_true_alert_max_h"},
                 {"minor_below_years", 17, "policy.minor_below_years"},
                 {"urgent_written_max_h", 25, "policy.urgent_written_max_h"},
                 {"same_place_m", -5, "policy.same_place_m"},
                 {"heartbeat_s", 4294967296, "policy.heartbeat_s"},
                 {"threshold_floor", 0, "policy.threshold_floor"},
                 {"blind_first", 1, "request.wrong_type"},
                 {"photographs", 1, "request.unknown_member"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *file = proposal(cases[i].key, json_integer(cases[i].value));
        refused("ada", cases[i].code, "policy", "propose", file, "--yes");
    }
    const char *file = proposal("categories", json_pack("[s]", "Persons of interest"));
    refused("ada", "policy.code", "policy", "propose", file, "--yes");
    file = proposal("categories", json_array());
    refused("ada", "policy.code", "policy", "propose", file, "--yes");
    file = proposal("threshold_floors",
                    json_pack("[{ss sf}]", "model_digest", "12", "threshold_floor", 0.6));
    refused("ada", "policy.code", "policy", "propose", file, "--yes");
}

static void a_refused_proposal_changes_nothing(void **state)
{
    (void)state;
    json_t *before = show("in-force");
    const char *file = proposal("window_max_h", json_integer(6));
    struct ov_buf out = OV_BUF_INIT;
    world_ctl_ok(&world, "ada", NULL, &out, "policy", "propose", file, "--yes", NULL);
    json_t *proposed = said(&out);
    char version[16];
    (void)snprintf(version, sizeof(version), "%lld", number(proposed, "version"));
    json_decref(proposed);
    world_ctl_ok(&world, "ada", NULL, NULL, "policy", "refuse", version, NULL); /* taken back */
    refused("hana", "policy.decided", "policy", "approve", version, "--yes");
    json_t *after = show("in-force");
    assert_true(json_equal(before, after));
    json_decref(before);
    json_decref(after);

    world_ctl_ok(&world, "olga", NULL, &out, "policy", "history", NULL);
    json_t *history = said(&out);
    json_t *newest = json_array_get(json_object_get(history, "policies"), 0);
    assert_string_equal(json_string_value(json_object_get(newest, "state")), "refused");
    json_decref(history);
}

/* --- models -------------------------------------------------------------------------------- */

static const char *report(void)
{
    static char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s", world_path(&world, "report.txt"));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("evaluated: false alerts by group\n", file) > 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void a_model_is_proposed_accepted_and_withdrawn(void **state)
{
    (void)state;
    struct ov_buf out = OV_BUF_INIT;
    const char *path = report();
    refused("ben", "model.threshold_floor", "model", "propose", "--report", path,
            "--threshold-floor", "0.1", "--yes");
    refused("hana", "permission.denied", "model", "propose", "--report", path, "--threshold-floor",
            "0.6", "--yes");
    world_ctl_ok(&world, "ben", NULL, &out, "model", "propose", "--report", path,
                 "--threshold-floor", "0.6", "--yes", NULL);
    json_t *model = said(&out);
    char id[40];
    (void)snprintf(id, sizeof(id), "%s", json_string_value(json_object_get(model, "id")));
    assert_string_equal(json_string_value(json_object_get(model, "state")), "proposed");
    /* SHA-256 of the report's bytes. */
    assert_string_equal(json_string_value(json_object_get(model, "report_digest")),
                        "388b53f0527e00525a3f89d7e4db87d598511a10e81893d0f3dd346155c9482b");
    json_decref(model);
    refused("ben", "permission.denied", "model", "approve", id, "--yes");
    refused("hana", "model.not_approved", "model", "withdraw", id);
    refused("hana", "model.unknown", "model", "approve", "nothing", "--yes");
    world_ctl_ok(&world, "hana", NULL, NULL, "model", "approve", id, "--yes", NULL);
    assert_int_equal(world_psql_number(&world, "SELECT count(*) FROM overt.model_acceptance WHERE "
                                               "overt.model_accepted(model_digest) = 0.6::real"),
                     1);
    refused("olga", "permission.denied", "model", "withdraw", id);
    world_ctl_ok(&world, "ada", NULL, NULL, "model", "withdraw", id, NULL);
    assert_int_equal(world_psql_number(&world, "SELECT count(*) FROM overt.model_acceptance WHERE "
                                               "overt.model_accepted(model_digest) IS NULL"),
                     1);
    refused("hana", "model.decided", "model", "approve", id, "--yes");
    refused("hana", "model.decided", "model", "refuse", id);
    world_ctl_ok(&world, "olga", NULL, &out, "model", "list", NULL);
    json_t *list = said(&out);
    model = json_array_get(json_object_get(list, "models"), 0);
    assert_string_equal(json_string_value(json_object_get(model, "state")), "withdrawn");
    json_decref(list);
}

static void a_refused_model_is_not_accepted_and_may_be_proposed_again(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct ov_buf out = OV_BUF_INIT;
        char id[40];
        world_ctl_ok(&world, "ben", NULL, &out, "model", "propose", "--report", report(),
                     "--threshold-floor", "0.6", "--yes", NULL);
        json_t *model = said(&out);
        (void)snprintf(id, sizeof(id), "%s", json_string_value(json_object_get(model, "id")));
        json_decref(model);
        refused("olga", "permission.denied", "model", "refuse", id);
        world_ctl_ok(&world, "hana", NULL, NULL, "model", "refuse", id, NULL);
        refused("hana", "model.decided", "model", "approve", id, "--yes");
    }
    assert_int_equal(world_psql_number(&world, "SELECT count(*) FROM overt.model_acceptance WHERE "
                                               "overt.model_accepted(model_digest) IS NOT NULL"),
                     0);
}

/* --- the notice ---------------------------------------------------------------------------- */

static void the_notice_of_an_application_is_fetched_published_and_waived(void **state)
{
    (void)state;
    struct ov_buf out = OV_BUF_INIT;
    struct ov_buf page = OV_BUF_INIT;
    char folder[PATH_MAX];
    char file[PATH_MAX + 16];
    (void)snprintf(folder, sizeof(folder), "%s", world_path(&world, "notice"));
    (void)snprintf(file, sizeof(file), "%s/page.html", folder);
    world_add_site(&world, "north");
    world_apply_operational(&world, "may", "north", "cam1");
    world_ctl_ok(&world, "cleo", NULL, &out, "deployment", "notice", "may", "--out", folder, NULL);
    json_t *notice = said(&out);
    assert_true(json_is_null(json_object_get(notice, "published_at")));
    json_decref(notice);
    assert_int_equal(ov_file_read(file, 1u << 20, &page, NULL), OV_OK);
    assert_non_null(strstr(page.data, "the test force"));
    assert_non_null(strstr(page.data, "missing and at risk of harm"));
    assert_non_null(strstr(page.data, "https://police.example/lfr"));

    refused("cleo", "permission.denied", "deployment", "notice", "may", "--published",
            "https://force.example/notice");
    refused("ada", "notice.url", "deployment", "notice", "may", "--published",
            "http://force.example/notice");
    FILE *changed = fopen(world_path(&world, "other.html"), "w");
    assert_non_null(changed);
    assert_true(fputs("another page", changed) >= 0);
    assert_int_equal(fclose(changed), 0);
    refused("ada", "notice.differs", "deployment", "notice", "may", "--published",
            "https://force.example/notice", "--page", world_path(&world, "other.html"));
    world_ctl_ok(&world, "ada", NULL, &out, "deployment", "notice", "may", "--published",
                 "https://force.example/notice", "--page", file, NULL);
    notice = said(&out);
    assert_string_equal(json_string_value(json_object_get(notice, "published_by")), "ada");
    json_decref(notice);
    /* The application that ada signed names this page. */
    assert_int_equal(world_psql_number(&world, "SELECT count(*) FROM overt.deployment AS d JOIN "
                                               "overt.notice_publication AS p ON p.deployment_id = "
                                               "d.id JOIN audit.document AS a ON a.digest = "
                                               "d.application_digest WHERE "
                                               "convert_from(a.body, 'UTF8')::jsonb ->> "
                                               "'notice_page' = encode(p.notice_digest, 'hex')"),
                     1);
    /* A reason that is too long is not recorded without its end. */
    char too_long[8003];
    memset(too_long, 'x', sizeof(too_long) - 1);
    too_long[sizeof(too_long) - 1] = '\0';
    assert_int_not_equal(
        world_ctl(&world, "ben", too_long, &out, "deployment", "notice", "may", "--waive", NULL),
        0);
    assert_non_null(strstr(out.data, "input.size"));
    ov_buf_free(&out);
    world_ctl_ok(&world, "ben", "no time for it\n", NULL, "deployment", "notice", "may", "--waive",
                 "--yes", NULL);
    assert_int_equal(world_psql_number(&world,
                                       "SELECT count(*) FROM audit.event WHERE "
                                       "convert_from(body, 'UTF8')::jsonb @> "
                                       "'{\"name\": \"notice.waived\"}' AND "
                                       "convert_from(body, 'UTF8')::jsonb -> 'signatures' -> 0 ->> "
                                       "'statement' LIKE '%; reason=%'"),
                     1);
    refused("ben", "notice.reason", "deployment", "notice", "may", "--waive", "--yes");
    ov_buf_free(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bootstrap_ships_the_defaults_by_two),
        cmocka_unit_test(one_proposes_another_approves_and_both_signatures_are_on_record),
        cmocka_unit_test(a_number_outside_its_range_is_refused_by_its_name),
        cmocka_unit_test(a_refused_proposal_changes_nothing),
        cmocka_unit_test(a_model_is_proposed_accepted_and_withdrawn),
        cmocka_unit_test(a_refused_model_is_not_accepted_and_may_be_proposed_again),
        cmocka_unit_test(the_notice_of_an_application_is_fetched_published_and_waived),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
