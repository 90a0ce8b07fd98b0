/* Who is let in, and that overtctl says on whose side it fails when nobody is. */
#include "tests/integration/ctl/office.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/integration/harness/process.h"

static void a_person_sees_the_status(void **state)
{
    struct office *office = *state;
    struct said said = office_run(office, "ada", NULL, "status", NULL);
    assert_int_equal(said.status, 0);
    assert_true(said_has(&said.out, "ada"));
    assert_true(said_has(&said.out, "administrator"));
    assert_false(said_has(&said.out, "\033"));
    said_free(&said);
}

static void strangers_and_sites_are_refused_by_the_server(void **state)
{
    struct office *office = *state;
    const char *site = world_identity(&office->world, "site-north");
    office_expect(office, "eve", 1, "identity.unknown", "status", NULL);
    const char *argv[PROCESS_ARGS_MAX];
    struct ov_buf err = OV_BUF_INIT;
    size_t count = office_command(office, "ada", argv);
    argv[4] = site;
    argv[count] = "status";
    argv[count + 1] = NULL;
    assert_int_equal(process_run(argv, NULL, NULL, &err, 30), 1);
    assert_true(said_has(&err, "(identity.not_a_person)"));
    ov_buf_free(&err);
}

static void each_tls_refusal_is_called_by_its_name(void **state)
{
    struct office *office = *state;
    /* Often, because the server's refusal races with our request: it must be heard every time. */
    for (int i = 0; i < 20; i++)
        office_expect(office, "gone", 4, "tls.own_revoked", "status", NULL);
    office_expect(office, "old", 4, "tls.own_expired", "status", NULL);
    office_expect(office, "forged", 4, "tls.own_not_trusted", "status", NULL);
    office_expect(office, "abroad", 4, "tls.server_not_trusted", "status", NULL);
}

static void a_server_that_is_not_there_is_exit_4(void **state)
{
    struct office *office = *state;
    int port = office->world.api_port;
    office->world.api_port = 1;
    office_expect(office, "ada", 4, "net.connect", "status", NULL);
    office->world.api_port = port;
}

static void the_capture_port_is_not_the_api(void **state)
{
    struct office *office = *state;
    int port = office->world.api_port;
    office->world.api_port = office->world.capture_port;
    office_expect(office, "ada", 4, "tls.wrong_port", "status", NULL);
    office->world.api_port = port;
}

static void proxies_in_the_environment_are_ignored(void **state)
{
    struct office *office = *state;
    assert_int_equal(setenv("https_proxy", "http://127.0.0.1:1", 1), 0);
    assert_int_equal(setenv("ALL_PROXY", "http://127.0.0.1:1", 1), 0);
    office_expect(office, "ada", 0, NULL, "site", "list", NULL);
    assert_int_equal(unsetenv("https_proxy"), 0);
    assert_int_equal(unsetenv("ALL_PROXY"), 0);
}

static void a_key_that_others_can_read_is_not_used(void **state)
{
    struct office *office = *state;
    const char *key = world_identity(&office->world, "person-ada/key.pem");
    assert_int_equal(chmod(key, 0640), 0);
    office_expect(office, "ada", 2, "file.mode", "status", NULL);
    assert_int_equal(chmod(key, 0600), 0);
}

static void a_missing_identity_says_what_belongs_there(void **state)
{
    struct office *office = *state;
    office_expect(office, "nobody", 2, "identity.missing", "status", NULL);
}

const struct CMUnitTest trust_tests[] = {
    cmocka_unit_test(a_person_sees_the_status),
    cmocka_unit_test(strangers_and_sites_are_refused_by_the_server),
    cmocka_unit_test(each_tls_refusal_is_called_by_its_name),
    cmocka_unit_test(a_server_that_is_not_there_is_exit_4),
    cmocka_unit_test(the_capture_port_is_not_the_api),
    cmocka_unit_test(proxies_in_the_environment_are_ignored),
    cmocka_unit_test(a_key_that_others_can_read_is_not_used),
    cmocka_unit_test(a_missing_identity_says_what_belongs_there),
};
const size_t trust_test_count = sizeof(trust_tests) / sizeof(trust_tests[0]);
