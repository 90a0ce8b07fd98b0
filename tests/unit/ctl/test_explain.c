/* Failed connections: each says on whose side the trouble is, and whether trying again is safe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "server/ctl/http_explain.h"

static const struct identity identity = {
    .ca = "/somewhere/ca.pem", .not_before_us = 1000, .not_after_us = 2000};

static struct http_failure failure_of(enum http_trouble trouble)
{
    struct http_failure failure = {.trouble = trouble,
                                   .host = "match.example.org",
                                   .port = 7643,
                                   .alert = -1,
                                   .detail = "detail",
                                   .identity = &identity,
                                   .now_us = 1500};
    return failure;
}

static void expect(const struct http_failure *failure, enum ov_status status, const char *code)
{
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(http_explain(failure, &err), status);
    assert_string_equal(err.code, code);
}

static void a_server_that_is_not_there(void **state)
{
    struct http_failure failure = failure_of(TROUBLE_NAME);
    (void)state;
    expect(&failure, OV_ERR_UNAVAILABLE, "net.name");
    failure.trouble = TROUBLE_CONNECT;
    expect(&failure, OV_ERR_UNAVAILABLE, "net.connect");
    failure.trouble = TROUBLE_HANDSHAKE;
    expect(&failure, OV_ERR_UNAVAILABLE, "tls.handshake");
    failure.trouble = TROUBLE_TIMEOUT;
    expect(&failure, OV_ERR_UNAVAILABLE, "net.timeout");
}

static void what_was_under_way_is_not_called_undone(void **state)
{
    struct http_failure failure = failure_of(TROUBLE_LOST);
    (void)state;
    expect(&failure, OV_ERR_UNAVAILABLE, "net.lost");
    failure.was_sent = true;
    expect(&failure, OV_ERR_CLOSED, "net.lost");
    failure.trouble = TROUBLE_TIMEOUT;
    expect(&failure, OV_ERR_TIMEOUT, "net.timeout");
}

static void our_certificate_is_refused(void **state)
{
    static const struct {
        int alert;
        const char *code;
    } cases[] = {{SSL_AD_CERTIFICATE_REVOKED, "tls.own_revoked"},
                 {SSL_AD_UNKNOWN_CA, "tls.own_not_trusted"},
                 {SSL_AD_CERTIFICATE_REQUIRED, "tls.own_refused"},
                 {SSL_AD_BAD_CERTIFICATE, "tls.own_refused"},
                 {SSL_AD_CERTIFICATE_EXPIRED, "tls.expired_there"},
                 {SSL_AD_NO_APPLICATION_PROTOCOL, "tls.wrong_port"},
                 {SSL_AD_PROTOCOL_VERSION, "tls.version"},
                 {SSL_AD_INTERNAL_ERROR, "tls.alert"}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_failure failure = failure_of(TROUBLE_LOST);
        failure.was_sent = true; /* TLS 1.3 refuses after the first request */
        failure.alert = cases[i].alert;
        expect(&failure, OV_ERR_CRYPTO, cases[i].code);
    }
}

static void our_certificate_s_own_dates_are_looked_at(void **state)
{
    struct http_failure failure = failure_of(TROUBLE_LOST);
    (void)state;
    failure.alert = SSL_AD_CERTIFICATE_EXPIRED;
    failure.now_us = 2001;
    expect(&failure, OV_ERR_CRYPTO, "tls.own_expired");
    failure.now_us = 999;
    expect(&failure, OV_ERR_CRYPTO, "tls.own_not_yet");
}

static void their_certificate_is_refused(void **state)
{
    static const struct {
        long result;
        const char *code;
    } cases[] = {{X509_V_OK, "tls.server_name"},
                 {X509_V_ERR_UNSPECIFIED, "tls.server_name"},
                 {X509_V_ERR_HOSTNAME_MISMATCH, "tls.server_name"},
                 {X509_V_ERR_CERT_HAS_EXPIRED, "tls.server_expired"},
                 {X509_V_ERR_CERT_NOT_YET_VALID, "tls.server_not_yet"},
                 {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "tls.server_not_trusted"},
                 {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "tls.server_not_trusted"}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_failure failure = failure_of(TROUBLE_SERVER_CERT);
        failure.verify_result = cases[i].result;
        expect(&failure, OV_ERR_CRYPTO, cases[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_is_not_there),
        cmocka_unit_test(what_was_under_way_is_not_called_undone),
        cmocka_unit_test(our_certificate_is_refused),
        cmocka_unit_test(our_certificate_s_own_dates_are_looked_at),
        cmocka_unit_test(their_certificate_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
