/*
 * Who gets as far as a session at all: TLS, certificates, revocation. In TLS 1.3 a client has
 * finished its handshake before the server looks at its certificate, so a refusal is the TLS alert
 * that comes instead of an answer to Hello.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "common/base/clock.h"
#include "tests/integration/harness/process.h"
#include "tests/integration/protocol/bench.h"

/* RFC 8446, section 6 */
#define ALERT_CERTIFICATE_REVOKED 44
#define ALERT_CERTIFICATE_EXPIRED 45
#define ALERT_UNKNOWN_CA 48
#define ALERT_PROTOCOL_VERSION 70
#define ALERT_CERTIFICATE_REQUIRED 116
#define ALERT_NO_APPLICATION_PROTOCOL 120

/* No session comes about, and the server says why in this TLS alert (0: in any). */
static void assert_no_session(struct bench *bench, const struct peer_options *options, int alert)
{
    struct ov_hello hello;
    struct ov_secret frame = OV_SECRET_INIT;
    struct peer_frame answer;
    bench_hello(bench, &hello);
    if (peer_connect(&bench->peer, bench->world.capture_port, options)) {
        assert_int_equal(ov_hello_encode(&hello, &frame), OV_OK);
        (void)peer_send_frame(&bench->peer, &frame);
        assert_false(peer_receive(&bench->peer, BENCH_LIMIT_MS, &answer));
    }
    if (alert != 0)
        assert_int_equal(bench->peer.tls_alert, alert);
    peer_close(&bench->peer);
}

static void no_certificate(void **state)
{
    struct peer_options options = {.alpn = OV_ALPN_CAPTURE};
    assert_no_session(*state, &options, ALERT_CERTIFICATE_REQUIRED);
}

static void certificate_of_another_authority(void **state)
{
    struct bench *bench = *state;
    const char *other = world_path(&bench->world, "other-pki");
    assert_int_equal(world_deploy(&bench->world, "pki", "init", other, NULL), 0);
    assert_int_equal(world_deploy(&bench->world, "pki", "site", other, "north", NULL), 0);
    struct peer_options options = {
        .identity_dir = world_path(&bench->world, "other-pki/site-north"), .alpn = OV_ALPN_CAPTURE};
    assert_no_session(bench, &options, ALERT_UNKNOWN_CA);
}

static void expired_certificate(void **state)
{
    struct bench *bench = *state;
    const char *pki = world_path(&bench->world, "pki");
    assert_int_equal(world_deploy(&bench->world, "pki", "site", pki, "late", "--from", "3 days ago",
                                  "--to", "1 day ago", NULL),
                     0);
    struct peer_options options = {.identity_dir = world_identity(&bench->world, "site-late"),
                                   .alpn = OV_ALPN_CAPTURE};
    assert_no_session(bench, &options, ALERT_CERTIFICATE_EXPIRED);
}

static void certificate_for_another_use(void **state)
{
    struct bench *bench = *state;
    struct peer_options options = {
        .identity_dir = world_identity(&bench->world, "server-localhost"), .alpn = OV_ALPN_CAPTURE};
    assert_no_session(bench, &options, 0);
}

static void another_alpn_or_none(void **state)
{
    struct bench *bench = *state;
    static const char *const names[] = {"http/1.1", "overt/2", NULL};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct peer_options options = {.identity_dir = world_identity(&bench->world, "site-north"),
                                       .alpn = names[i]};
        assert_no_session(bench, &options, names[i] != NULL ? ALERT_NO_APPLICATION_PROTOCOL : 0);
    }
}

static void older_tls(void **state)
{
    struct bench *bench = *state;
    struct peer_options options = {.identity_dir = world_identity(&bench->world, "site-north"),
                                   .alpn = OV_ALPN_CAPTURE,
                                   .max_tls_version = TLS1_2_VERSION};
    assert_no_session(bench, &options, ALERT_PROTOCOL_VERSION);
}

static void plain_text(void **state)
{
    struct bench *bench = *state;
    static const uint8_t hello[] = {0, 0, 0, 2, 0, 1, 8, 1};
    uint8_t bytes[64];
    assert_true(peer_connect_tcp(&bench->peer, bench->world.capture_port));
    assert_int_equal(send(bench->peer.fd, hello, sizeof(hello), MSG_NOSIGNAL), sizeof(hello));
    while (recv(bench->peer.fd, bytes, sizeof(bytes), 0) > 0)
        continue;
}

static bool await_log(struct bench *bench, const char *text)
{
    int64_t until_us = ov_clock_mono_us(ov_clock_system()) + BENCH_LIMIT_MS * OV_US_PER_MS;
    int status = 0;
    while (!world_log_says(bench->world.overtd_log, text)) {
        if (ov_clock_mono_us(ov_clock_system()) > until_us)
            return false;
        (void)process_wait(bench->world.overtd, 20, &status);
    }
    return true;
}

/* SIGHUP with a newer list: the revoked are cut at once, the others notice nothing. */
static void revocation_cuts_a_live_session(void **state)
{
    struct bench *bench = *state;
    struct ov_id deployment;
    struct peer revoked;
    world_go_live(&bench->world, "short", "gone", -1, &deployment);
    bench_join(bench, &revoked, "gone", NULL);
    bench_live(bench);
    assert_int_equal(world_deploy(&bench->world, "pki", "revoke", world_path(&bench->world, "pki"),
                                  "site-gone", NULL),
                     0);
    assert_true(peer_pings(&revoked, BENCH_LIMIT_MS)); /* until the server reads the list */
    assert_int_equal(kill(bench->world.overtd, SIGHUP), 0);
    assert_true(peer_sees_end(&revoked, BENCH_LIMIT_MS));
    peer_close(&revoked);
    assert_true(peer_pings(&bench->peer, BENCH_LIMIT_MS));
    assert_false(bench_probe(&bench->peer, 1, 1, NULL));
    peer_close(&bench->peer);
    struct peer_options options = {.identity_dir = world_identity(&bench->world, "site-gone"),
                                   .alpn = OV_ALPN_CAPTURE};
    assert_no_session(bench, &options, ALERT_CERTIFICATE_REVOKED);
}

static void switch_off(struct bench *bench, const char *name)
{
    struct ov_buf out = OV_BUF_INIT;
    char sql[256];
    (void)snprintf(sql, sizeof(sql),
                   "SET session_replication_role = replica; UPDATE overt.principal SET active = "
                   "false WHERE name = '%s'",
                   name);
    assert_int_equal(world_psql(&bench->world, "admin", sql, &out), 0);
    ov_buf_free(&out);
}

/* One administrator, one command; the site is told so and out. */
static void a_suspended_site_is_out_within_a_second(void **state)
{
    struct bench *bench = *state;
    struct ov_id deployment;
    struct ov_hello hello;
    const struct ov_clock *clock = ov_clock_system();
    world_go_live(&bench->world, "later", "off-later", -1, &deployment);
    bench_join(bench, &bench->peer, "off-later", NULL);
    assert_true(peer_pings(&bench->peer, BENCH_LIMIT_MS));
    world_ctl_ok(&bench->world, "ben", NULL, NULL, "site", "suspend", "off-later", NULL);
    int64_t at_us = ov_clock_mono_us(clock);
    assert_true(peer_sees_end(&bench->peer, BENCH_LIMIT_MS));
    int64_t took_ms = (ov_clock_mono_us(clock) - at_us) / OV_US_PER_MS;
    print_message("a suspended site's session ended after %lld ms\n", (long long)took_ms);
    assert_true(took_ms < 1000);
    peer_close(&bench->peer);
    bench_hello(bench, &hello);
    bench_connect(bench, &bench->peer, "off-later");
    bench_assert_hello_refused(bench, &bench->peer, &hello, "identity.unknown");
}

/* An active principal is needed as well as a certificate; SIGHUP asks the database again. */
static void deactivated_principal_is_cut(void **state)
{
    struct bench *bench = *state;
    struct ov_id deployment;
    struct ov_hello hello;
    world_go_live(&bench->world, "off", "switched-off", -1, &deployment);
    bench_join(bench, &bench->peer, "switched-off", NULL);
    switch_off(bench, "switched-off");
    assert_int_equal(kill(bench->world.overtd, SIGHUP), 0);
    assert_true(peer_sees_end(&bench->peer, BENCH_LIMIT_MS));
    peer_close(&bench->peer);
    bench_hello(bench, &hello);
    bench_connect(bench, &bench->peer, "switched-off");
    bench_assert_hello_refused(bench, &bench->peer, &hello, "identity.unknown");
}

static void hide_list(struct bench *bench, bool hidden)
{
    const char *crl = world_path(&bench->world, "pki/crl.pem");
    const char *aside = world_path(&bench->world, "pki/crl.aside");
    assert_int_equal(hidden ? rename(crl, aside) : rename(aside, crl), 0);
}

/* A list that cannot be used does not replace the one that can; the server says so. */
static void bad_list_on_reload_keeps_the_old(void **state)
{
    struct bench *bench = *state;
    bench_live(bench);
    hide_list(bench, true);
    assert_int_equal(kill(bench->world.overtd, SIGHUP), 0);
    bool said = await_log(bench, "tls_not_reloaded");
    hide_list(bench, false);
    assert_true(said);
    assert_true(peer_pings(&bench->peer, BENCH_LIMIT_MS));
}

/* Fail closed. The server is stopped for these, and started again for those after. */
static void refuses_to_start(struct bench *bench, const char *code)
{
    struct ov_buf out = OV_BUF_INIT;
    assert_int_equal(world_stop_overtd(&bench->world), 0);
    world_write_config(&bench->world, NULL);
    assert_int_equal(world_try_overtd(&bench->world, 60, &out), 1);
    assert_non_null(strstr(out.data, code));
    ov_buf_free(&out);
}

static void missing_list_at_start(void **state)
{
    struct bench *bench = *state;
    hide_list(bench, true);
    refuses_to_start(bench, "tls.crl");
    hide_list(bench, false);
    world_start_overtd(&bench->world, NULL);
}

static void expired_list_at_start(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(world_deploy(&bench->world, "pki", "crl", world_path(&bench->world, "pki"),
                                  "--from", "9 days ago", "--to", "1 day ago", NULL),
                     0);
    refuses_to_start(bench, "tls.crl");
    assert_int_equal(
        world_deploy(&bench->world, "pki", "crl", world_path(&bench->world, "pki"), NULL), 0);
    world_start_overtd(&bench->world, NULL);
}

static void key_that_others_can_read_at_start(void **state)
{
    struct bench *bench = *state;
    static const char key[] = "pki/server-localhost/key.pem";
    assert_int_equal(chmod(world_path(&bench->world, key), 0644), 0);
    refuses_to_start(bench, "file.mode");
    assert_int_equal(chmod(world_path(&bench->world, key), 0600), 0);
    world_start_overtd(&bench->world, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_refusal(no_certificate),
        bench_refusal(certificate_of_another_authority),
        bench_refusal(expired_certificate),
        bench_refusal(certificate_for_another_use),
        bench_refusal(another_alpn_or_none),
        bench_refusal(older_tls),
        bench_refusal(plain_text),
        bench_test(revocation_cuts_a_live_session),
        bench_test(a_suspended_site_is_out_within_a_second),
        bench_test(deactivated_principal_is_cut),
        bench_refusal(bad_list_on_reload_keeps_the_old),
        bench_refusal(missing_list_at_start),
        bench_refusal(expired_list_at_start),
        bench_refusal(key_that_others_can_read_at_start),
    };
    return cmocka_run_group_tests(tests, bench_group_setup, bench_group_teardown);
}
