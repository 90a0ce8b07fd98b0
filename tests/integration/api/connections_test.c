/* Connections: clients that vanish, dawdle or pipeline; revocation; stopping. Last: it restarts the
 * API. */
#include "tests/integration/api/tests.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"
#include "tests/integration/api/raw.h"
#include "tests/integration/harness/process.h"

#define HTTP_1_1 "\x08http/1.1"
#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"

static struct client *ada;

static int setup(void **state)
{
    (void)state;
    ada = client_new("person-ada");
    expect(client_post(ada, "/v1/deployments",
                       "{\"name\":\"raw\",\"purpose\":\"p\",\"kind\":\"exercise\",\"sites\":["
                       "\"north\"]}"),
           201, NULL);
    client_apply(ada, "raw");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_free(ada);
    return 0;
}

static void test_only_http_1_1_is_spoken(void **state)
{
    (void)state;
    struct raw raw;
    static const char *const others[] = {NULL, "\x02h2", "\x07overt/1"};
    for (size_t i = 0; i < 3; i++) {
        char text[64];
        bool opened = raw_open(&raw, "ada", others[i]);
        if (opened && SSL_write(raw.ssl, "GET", 3) == 3) /* TLS 1.3: the refusal may come late */
            opened = raw_read(&raw, text, sizeof(text), 2000) > 0;
        assert_false(opened);
        raw_close(&raw, false);
    }
    int fd = raw_tcp();
    static const char plain[] = GET("/v1/status");
    char text[256];
    assert_int_equal(write(fd, plain, sizeof(plain) - 1), sizeof(plain) - 1);
    ssize_t got = read(fd, text, sizeof(text) - 1);
    text[got > 0 ? got : 0] = '\0';
    assert_null(strstr(text, "HTTP")); /* nothing in the clear */
    (void)close(fd);
}

static void test_pipelined_requests_are_answered_in_turn(void **state)
{
    (void)state;
    struct raw raw;
    char text[8192];
    assert_true(raw_open(&raw, "ada", HTTP_1_1));
    raw_send(&raw, GET("/v1/sites") GET("/v1/nothing") GET("/v1/sites"));
    (void)raw_read(&raw, text, sizeof(text), 1500);
    const char *first = strstr(text, "HTTP/1.1 200");
    const char *second = first != NULL ? strstr(first, "HTTP/1.1 404") : NULL;
    const char *third = second != NULL ? strstr(second, "HTTP/1.1 200") : NULL;
    assert_non_null(third);
    raw_close(&raw, false);
}

static void test_a_body_that_is_smuggled_behind_a_get_is_not_a_request(void **state)
{
    (void)state;
    struct raw raw;
    char text[8192];
    assert_true(raw_open(&raw, "ada", HTTP_1_1));
    raw_send(&raw, "GET /v1/sites HTTP/1.1\r\nHost: localhost\r\nContent-Length: 49\r\n\r\n" GET(
                       "/v1/deployments"));
    (void)raw_read(&raw, text, sizeof(text), 1500);
    assert_non_null(strstr(text, "HTTP/1.1 400"));
    assert_null(strstr(text, "HTTP/1.1 200"));
    raw_close(&raw, false);
}

static void test_rubbish_is_refused_without_harm(void **state)
{
    (void)state;
    static const char *const rubbish[] = {
        "\r\n\r\n\r\n",
        "rubbish\r\n\r\n",
        "GET\r\n\r\n",
        "GET http://[ HTTP/1.1\r\n\r\n",
        "FOO /v1/status HTTP/1.1\r\n\r\n",
        "GET /v1/status HTTP/9.9\r\n\r\n",
        "POST /v1/sites HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n",
        "POST /v1/sites HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: "
        "chunked\r\n\r\nzz\r\n",
        "POST /v1/sites HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: "
        "99999999999999999999\r\n\r\n{}",
    };
    for (size_t i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++) {
        struct raw raw;
        char text[2048];
        assert_true(raw_open(&raw, "ada", HTTP_1_1));
        raw_send(&raw, rubbish[i]);
        (void)raw_read(&raw, text, sizeof(text), 300);
        if (strstr(text, "HTTP/1.1 200") != NULL)
            fail_msg("taken: %s", rubbish[i]);
        raw_close(&raw, true);
    }
    expect(client_get(ada, "/v1/status"), 200, NULL);
}

/* An upload that takes the server a while, left before it is answered. */
static void leave_during_upload(bool whole)
{
    struct raw raw;
    char head[512];
    const struct ov_secret *jpeg = &bed.portraits[1];
    assert_true(raw_open(&raw, "ada", HTTP_1_1));
    (void)snprintf(head, sizeof(head),
                   "POST /v1/deployments/raw/watchlist HTTP/1.1\r\nHost: localhost\r\n"
                   "Content-Type: image/jpeg\r\nOvert-Entry: e30\r\nContent-Length: %zu\r\n\r\n",
                   jpeg->size);
    raw_send(&raw, head);
    int size = (int)(whole ? jpeg->size : jpeg->size / 2);
    assert_int_equal(SSL_write(raw.ssl, jpeg->data, size), size);
    raw_close(&raw, true);
}

static void test_clients_that_vanish_do_no_harm(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        struct raw raw;
        leave_during_upload(true);
        leave_during_upload(false);
        assert_true(raw_open(&raw, "ada", HTTP_1_1));
        raw_send(&raw, GET("/v1/status"));
        raw_close(&raw, i % 2 == 0);
        assert_true(raw_open(&raw, "ada", HTTP_1_1));
        raw_send(&raw, GET("/v1/deployments/raw/alerts?wait_s=2"));
        raw_close(&raw, i % 2 == 0);
    }
    expect(client_get(ada, "/v1/status"), 200, NULL);
    (void)sleep(3); /* the waiting ones are answered into nothing */
    expect(client_get(ada, "/v1/status"), 200, NULL);
}

static void test_a_handshake_that_never_ends_is_cut(void **state)
{
    (void)state;
    int fd = raw_tcp();
    assert_true(raw_closed(fd, 9000));
    (void)close(fd);
}

static void test_each_request_leaves_one_line_without_its_path(void **state)
{
    (void)state;
    if (getenv("OVERT_KEEP") != NULL)
        return;
    expect(client_get(ada, "/v1/deployments/some%20secret%20words"), 404, "deployment.unknown");
    assert_true(bed_logged("info api request method=GET route=/v1/deployments/{deployment} "
                           "status=404 ms="));
    assert_false(bed_logged("secret"));
}

static void copy_file(const char *from, const char *to)
{
    const char *argv[] = {"cp", "--", from, to, NULL};
    assert_int_equal(process_run(argv, NULL, NULL, NULL, 60), 0);
}

static void test_revocation_ends_live_connections_and_bad_files_change_nothing(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    struct raw ben;
    char text[4096];
    char saved[PATH_MAX + 8];
    assert_true(raw_open(&ben, "ben", HTTP_1_1));
    raw_send(&ben, GET("/v1/sites"));
    assert_true(raw_read(&ben, text, sizeof(text), 500) > 0);

    (void)snprintf(saved, sizeof(saved), "%.4000s.saved", bed.crl);
    copy_file(bed.crl, saved);
    copy_file(bed.cert, bed.crl); /* not a revocation list */
    assert_int_not_equal(api_reload_tls(bed.api, &err), OV_OK);
    expect(client_get(ada, "/v1/sites"), 200, NULL);
    copy_file(saved, bed.crl);

    bed_pki("revoke", "person-ben", NULL);
    raw_send(&ben, GET("/v1/sites"));
    assert_true(raw_read(&ben, text, sizeof(text), 500) > 0); /* until the list is read again */
    ov_error_clear(&err);
    assert_int_equal(api_reload_tls(bed.api, &err), OV_OK);
    assert_true(raw_closed(ben.fd, 3000));
    raw_close(&ben, false);
    struct client *again = client_new("person-ben");
    expect(client_get(again, "/v1/sites"), 0, NULL);
    client_free(again);
    expect(client_get(ada, "/v1/sites"), 200, NULL); /* on the connection it had */
}

static void *wait_for_alerts(void *ctx)
{
    struct client *client = client_new("person-adam");
    struct answer answer = client_get(client, "/v1/deployments/raw/alerts?wait_s=30");
    long *status = ctx;
    *status = answer.status;
    answer_done(&answer);
    client_free(client);
    return NULL;
}

static void test_stopping_answers_those_who_wait_and_starting_again_works(void **state)
{
    (void)state;
    pthread_t thread;
    long status = 0;
    struct raw idle;
    assert_true(raw_open(&idle, "ada", HTTP_1_1));
    assert_int_equal(pthread_create(&thread, NULL, wait_for_alerts, &status), 0);
    (void)usleep(800 * 1000);
    int64_t start_us = ov_clock_mono_us(ov_clock_system());
    api_stop(bed.api);
    assert_true(ov_clock_mono_us(ov_clock_system()) - start_us < 8 * OV_US_PER_S);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(status, 200);
    assert_true(raw_closed(idle.fd, 1000));
    raw_close(&idle, false);
    bed_start_api();
    expect(client_get(ada, "/v1/status"), 200, NULL);
}

static void test_a_start_that_fails_leaves_nothing_behind(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    struct api *api = NULL;
    struct api_options options = {.address = "127.0.0.1",
                                  .port = api_port(bed.api), /* taken */
                                  .tls = bed.files,
                                  .workers = 1,
                                  .conninfo = pg_conninfo(bed.pg, "server"),
                                  .model_pack = bed.pack,
                                  .vault = bed.vault,
                                  .clock = ov_clock_system()};
    assert_int_not_equal(api_start(&options, &api, &err), OV_OK);
    assert_string_equal(err.code, "api.bind");
    ov_error_clear(&err);
    options.port = 0;
    options.model_pack = "/nonexistent";
    assert_int_not_equal(api_start(&options, &api, &err), OV_OK);
    ov_error_clear(&err);
    options.model_pack = bed.pack;
    options.conninfo = "host=/nonexistent";
    assert_int_not_equal(api_start(&options, &api, &err), OV_OK);
    ov_error_clear(&err);
    options.tls.crl = "/nonexistent";
    assert_int_not_equal(api_start(&options, &api, &err), OV_OK);
    assert_null(api);
}

int run_connections_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_http_1_1_is_spoken),
        cmocka_unit_test(test_pipelined_requests_are_answered_in_turn),
        cmocka_unit_test(test_a_body_that_is_smuggled_behind_a_get_is_not_a_request),
        cmocka_unit_test(test_rubbish_is_refused_without_harm),
        cmocka_unit_test(test_clients_that_vanish_do_no_harm),
        cmocka_unit_test(test_a_handshake_that_never_ends_is_cut),
        cmocka_unit_test(test_each_request_leaves_one_line_without_its_path),
        cmocka_unit_test(test_revocation_ends_live_connections_and_bad_files_change_nothing),
        cmocka_unit_test(test_stopping_answers_those_who_wait_and_starting_again_works),
        cmocka_unit_test(test_a_start_that_fails_leaves_nothing_behind),
    };
    return cmocka_run_group_tests_name("connections", tests, setup, teardown);
}
