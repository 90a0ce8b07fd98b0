/* Erasing a list by command, and the erasure check, over the API. */
#include "tests/integration/api/tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"

/* A cancelled one, whose list, of one entry, is due in a day. */
static struct ov_id cancelled(const char *name, char ret_path[128])
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_id ada;
    struct site site = pg_seed_site(bed.store, name);
    struct principal person;
    struct vault_key *key = NULL;
    char text[OV_ID_TEXT_SIZE];
    assert_int_equal(store_principal_by_identity(bed.store, "overt://person/ada", &person, &err),
                     OV_OK);
    ada = person.id;
    struct deployment deployment = pg_seed_deployment(bed.store, name, &ada, &site);
    assert_int_equal(vault_key_create(bed.vault, VAULT_WATCHLIST, &deployment.id, &key, &err),
                     OV_OK);
    vault_key_free(key);
    (void)pg_seed_entry(bed.store, &deployment, &ada, NULL);
    assert_int_equal(store_begin(bed.store, &err), OV_OK);
    assert_int_equal(store_deployment_set_state(bed.store, &deployment.id, DEPLOYMENT_CANCELLED,
                                                ov_clock_utc_us(ov_clock_system()), &err),
                     OV_OK);
    pg_seed_event(bed.store);
    assert_int_equal(store_commit(bed.store, &err), OV_OK);
    (void)snprintf(ret_path, 128, "/v1/deployments/%s", ov_id_format(&deployment.id, text));
    return deployment.id;
}

static void test_a_list_is_erased_by_who_may_and_once(void **state)
{
    (void)state;
    struct client *ben = client_new("person-ben");
    struct client *adam = client_new("person-adam");
    char path[128];
    char act[160];
    char shown[160];
    cancelled("erase-me", path);
    (void)snprintf(act, sizeof(act), "%s/erase", path);
    (void)snprintf(shown, sizeof(shown), "%s/erasure", path);
    expect(client_post(adam, act, "{}"), 403, "permission.denied");
    expect(client_get(adam, shown), 403, "permission.denied");
    expect(client_get(ben, shown), 404, "erasure.not_begun");
    expect(client_post(ben, act, "{\"without_ledger\":true}"), 400, "request.unknown_member");
    expect(client_post(ben, "/v1/deployments/nowhere/erase", "{}"), 404, "deployment.unknown");
    struct answer answer = expect_kept(client_post(ben, act, "{}"), 200, NULL);
    assert_string_equal(answer_text(&answer, "ledger"), "written");
    assert_true(json_is_string(json_object_get(answer.json, "certificate")));
    answer_done(&answer);
    expect(client_post(ben, act, "{}"), 409, "erasure.done");
    expect(client_get(ben, shown), 200, NULL);
    client_free(adam);
    client_free(ben);
}

static void waiver_path(const struct answer *answer, const char *verb, char ret_path[128])
{
    (void)snprintf(ret_path, 128, "/v1/ledger-waivers/%s/%s", answer_text(answer, "id"), verb);
}

static bool names_alarm(const json_t *answer, const char *code)
{
    const json_t *alarm = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(answer, "alarms"), i, alarm)
    {
        if (strcmp(json_string_value(json_object_get(alarm, "code")), code) == 0)
            return true;
    }
    return false;
}

static void test_leaving_the_ledger_out_takes_two(void **state)
{
    (void)state;
    static const char lost[] = "{\"reason\":\"list_key_lost\"}";
    struct ov_error err = OV_ERROR_INIT;
    struct client *ben = client_new("person-ben");
    struct client *dora = client_new("person-dora");
    struct client *olga = client_new("person-olga");
    char path[128];
    char ask[160];
    char act[160];
    char confirm[128];
    char withdraw[128];
    struct ov_id id = cancelled("waive-me", path);
    (void)snprintf(ask, sizeof(ask), "%s/ledger-waivers", path);
    (void)snprintf(act, sizeof(act), "%s/erase", path);
    expect(client_post(dora, ask, lost), 409, "waiver.not_lost");
    assert_int_equal(vault_key_destroy(bed.vault, VAULT_WATCHLIST, &id, &err), OV_OK);
    expect(client_post(ben, act, "{}"), 409, "erasure.key_gone");
    expect(client_post(ben, ask, lost), 403, "permission.denied");
    expect(client_post(dora, ask, "{\"reason\":\"haste\"}"), 422, "waiver.reason");
    expect(client_post(dora, ask, "{}"), 400, "request.missing_member");
    expect(client_post(dora, "/v1/deployments/nowhere/ledger-waivers", lost), 404,
           "deployment.unknown");

    struct answer answer = expect_kept(client_post(dora, ask, lost), 201, NULL);
    assert_string_equal(answer_text(&answer, "asked_by"), "dora");
    waiver_path(&answer, "confirm", confirm);
    waiver_path(&answer, "withdraw", withdraw);
    answer_done(&answer);
    expect(client_post(dora, ask, lost), 409, "waiver.asked");
    expect(client_post(dora, confirm, "{}"), 403, "permission.denied");
    expect(client_post(ben, act, "{}"), 409, "erasure.key_gone");
    expect(client_post(dora, withdraw, "{}"), 204, NULL);
    expect(client_post(ben, confirm, "{}"), 409, "waiver.decided");
    expect(client_post(ben, "/v1/ledger-waivers/nothing/confirm", "{}"), 404, "waiver.unknown");

    answer = expect_kept(client_post(dora, ask, lost), 201, NULL);
    waiver_path(&answer, "confirm", confirm);
    answer_done(&answer);
    answer = expect_kept(client_post(ben, confirm, "{}"), 200, NULL);
    assert_string_equal(answer_text(&answer, "state"), "confirmed");
    assert_string_equal(answer_text(&answer, "decided_by"), "ben");
    answer_done(&answer);
    answer = expect_kept(client_post(ben, act, "{}"), 200, NULL);
    assert_string_equal(answer_text(&answer, "ledger"), "waived");
    assert_int_equal(json_integer_value(json_object_get(answer.json, "keys")), 0);
    assert_true(json_is_string(json_object_get(answer.json, "waiver")));
    assert_true(json_is_string(json_object_get(answer.json, "key_missing_at")));
    answer_done(&answer);
    /* Oversight sees who did it, and the alarm. */
    answer = expect_kept(client_get(olga, "/v1/ledger-waivers"), 200, NULL);
    assert_int_equal(json_array_size(json_object_get(answer.json, "waivers")), 2);
    answer_done(&answer);
    answer = expect_kept(client_get(olga, "/v1/alarms"), 200, NULL);
    assert_true(names_alarm(answer.json, "erasure.ledger_waived"));
    answer_done(&answer);
    client_free(olga);
    client_free(dora);
    client_free(ben);
}

static void test_the_check_looks_at_each_part(void **state)
{
    (void)state;
    static const char *const parts[] = {"lists", "alerts", "keys", "ledger"};
    struct client *ben = client_new("person-ben");
    struct client *adam = client_new("person-adam");
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        char path[64];
        (void)snprintf(path, sizeof(path), "/v1/erasure/check?part=%s", parts[i]);
        expect(client_get(adam, path), 403, "permission.denied");
        struct answer answer = expect_kept(client_get(ben, path), 200, NULL);
        assert_string_equal(answer_text(&answer, "part"), parts[i]);
        assert_true(json_is_array(json_object_get(answer.json, "leftovers")));
        answer_done(&answer);
    }
    expect(client_get(ben, "/v1/erasure/check"), 400, "request.parameter");
    expect(client_get(ben, "/v1/erasure/check?part=all"), 400, "request.parameter");
    expect(client_get(ben, "/v1/erasure/check?parts=keys"), 400, "request.unknown_parameter");
    client_free(adam);
    client_free(ben);
}

int run_erasure_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_is_erased_by_who_may_and_once),
        cmocka_unit_test(test_leaving_the_ledger_out_takes_two),
        cmocka_unit_test(test_the_check_looks_at_each_part),
    };
    return cmocka_run_group_tests_name("erasure", tests, NULL, NULL);
}
