/* TLS as promised in common/net/tls.h, each promise against somebody who breaks it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "common/net/init.h"
#include "common/net/tls.h"
#include "common/wire/frame.h"
#include "tests/unit/net/pair.h"
#include "tests/unit/net/pki.h"

#define SITE "URI:overt://site/high-street"

static struct pki *pki;
static struct pki *other_pki;
static struct pki *false_pki; /* calls itself what the right one is called */
static long client_serial;
static long revoked_serial;

static struct ov_tls_files files_of(const char *crl, const char *stem)
{
    char cert[64];
    char key[64];
    (void)snprintf(cert, sizeof(cert), "%s.crt", stem);
    (void)snprintf(key, sizeof(key), "%s.key", stem);
    struct ov_tls_files files = {.ca = pki_path(pki, "ca.crt"),
                                 .crl = crl != NULL ? pki_path(pki, crl) : NULL,
                                 .cert = pki_path(pki, cert),
                                 .key = pki_path(pki, key)};
    return files;
}

static SSL_CTX *new_server(void)
{
    struct ov_tls_files files = files_of("good.crl", "server");
    struct ov_error err = OV_ERROR_INIT;
    SSL_CTX *ctx = NULL;
    if (ov_tls_server_new(&files, OV_ALPN_CAPTURE, &ctx, &err) != OV_OK)
        fail_msg("%s: %s", err.code, err.text);
    return ctx;
}

static SSL_CTX *new_client(const char *crl)
{
    struct ov_tls_files files = files_of(crl, "client");
    struct ov_error err = OV_ERROR_INIT;
    SSL_CTX *ctx = NULL;
    if (ov_tls_client_new(&files, OV_ALPN_CAPTURE, &ctx, &err) != OV_OK)
        fail_msg("%s: %s", err.code, err.text);
    return ctx;
}

static int set_up(void **state)
{
    (void)state;
    pki = pki_new("Test CA");
    other_pki = pki_new("Other CA");
    false_pki = pki_new("Test CA");
    const char *server = "DNS:localhost,IP:127.0.0.1";
    (void)pki_issue(pki, &(struct pki_subject){"server", server, "serverAuth", 0, 0});
    (void)pki_issue(pki, &(struct pki_subject){"faraway", "DNS:elsewhere", "serverAuth", 0, 0});
    client_serial = pki_issue(pki, &(struct pki_subject){"client", SITE, "clientAuth", 0, 0});
    revoked_serial = pki_issue(pki, &(struct pki_subject){"revoked", SITE, "clientAuth", 0, 0});
    (void)pki_issue(pki, &(struct pki_subject){"expired", SITE, "clientAuth", -7200, -60});
    (void)pki_issue(pki, &(struct pki_subject){"early", SITE, "clientAuth", 3600, 7200});
    (void)pki_issue(pki, &(struct pki_subject){"wrong-use", SITE, "serverAuth", 0, 0});
    (void)pki_issue(pki, &(struct pki_subject){"no-uri", "DNS:a.example", "clientAuth", 0, 0});
    (void)pki_issue(pki, &(struct pki_subject){"no-san", NULL, "clientAuth", 0, 0});
    (void)pki_issue(
        pki, &(struct pki_subject){"two-uris", SITE ",URI:overt://person/eve", "clientAuth", 0, 0});
    (void)pki_issue(pki, &(struct pki_subject){"odd-uri", "URI:overt://site/High%20Street",
                                               "clientAuth", 0, 0});
    (void)pki_issue(pki,
                    &(struct pki_subject){"alien-uri", "URI:https://site/x", "clientAuth", 0, 0});
    (void)pki_issue(pki, &(struct pki_subject){"person", "URI:overt://person/j-doe2,DNS:x.example",
                                               "clientAuth", 0, 0});
    (void)pki_issue(other_pki, &(struct pki_subject){"stranger", SITE, "clientAuth", 0, 0});
    (void)pki_issue(false_pki, &(struct pki_subject){"stranger", SITE, "clientAuth", 0, 0});
    pki_write_crl(pki, "good.crl", revoked_serial, 3600);
    pki_write_crl(pki, "no-client.crl", client_serial, 3600);
    pki_write_crl(pki, "expired.crl", 0, -60);
    pki_write_crl(other_pki, "other.crl", 0, 3600);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pki_free(pki);
    pki_free(other_pki);
    pki_free(false_pki);
    return 0;
}

/* ---- loading ---- */

static void expect_server_refused(struct ov_tls_files files, const char *code)
{
    struct ov_error err = OV_ERROR_INIT;
    SSL_CTX *ctx = NULL;
    assert_int_not_equal(ov_tls_server_new(&files, OV_ALPN_CAPTURE, &ctx, &err), OV_OK);
    assert_string_equal(err.code, code);
    assert_null(ctx);
    assert_true(strlen(err.text) > 10);
}

static void a_server_needs_a_current_crl_of_its_ca(void **state)
{
    (void)state;
    struct ov_tls_files files = files_of("good.crl", "server");
    files.crl = NULL;
    expect_server_refused(files, "tls.crl");
    files.crl = pki_path(pki, "absent.crl");
    expect_server_refused(files, "tls.crl");
    files.crl = pki_path(pki, "expired.crl");
    expect_server_refused(files, "tls.crl");
    files.crl = pki_path(pki, "ca.crt"); /* PEM, but no CRL in it */
    expect_server_refused(files, "tls.crl");
    files.crl = pki_path(other_pki, "other.crl"); /* current, but another CA's */
    expect_server_refused(files, "tls.certificate");
}

static void a_key_must_be_private_and_the_certificates_own(void **state)
{
    (void)state;
    struct ov_tls_files files = files_of("good.crl", "server");
    files.key = pki_path(pki, "client.key");
    expect_server_refused(files, "tls.key");
    files.key = pki_path(pki, "server.key");
    assert_int_equal(chmod(files.key, 0640), 0);
    expect_server_refused(files, "file.mode");
    assert_int_equal(chmod(files.key, 0600), 0);
    files.key = pki_path(pki, "absent.key");
    expect_server_refused(files, "file.open");
}

static void our_own_certificate_must_hold(void **state)
{
    (void)state;
    expect_server_refused(files_of("good.crl", "expired"), "tls.certificate");
    expect_server_refused(files_of("good.crl", "client"), "tls.certificate"); /* another use */
    struct ov_tls_files files = files_of("good.crl", "server");
    files.ca = pki_path(other_pki, "ca.crt");
    files.crl = pki_path(other_pki, "other.crl");
    expect_server_refused(files, "tls.certificate");
    files.ca = pki_path(pki, "absent.crt");
    expect_server_refused(files, "tls.ca");
    struct ov_tls_files revoked = files_of("good.crl", "revoked");
    struct ov_error err = OV_ERROR_INIT;
    SSL_CTX *ctx = NULL;
    assert_int_equal(ov_tls_client_new(&revoked, OV_ALPN_CAPTURE, &ctx, &err), OV_ERR_DENIED);
    assert_string_equal(err.code, "tls.certificate");
    assert_non_null(strstr(err.text, "revoked"));
}

static void plaintext_is_cleansed_by_openssl_on_both_sides(void **state)
{
    (void)state;
    SSL_CTX *server = new_server();
    SSL_CTX *client = new_client(NULL);
    assert_true((SSL_CTX_get_options(server) & SSL_OP_CLEANSE_PLAINTEXT) != 0);
    assert_true((SSL_CTX_get_options(client) & SSL_OP_CLEANSE_PLAINTEXT) != 0);
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

/* ---- handshakes ---- */

/* A client that shows another certificate than the one its context was checked with. */
static void show(struct pair *pair, struct pki *from, const char *stem)
{
    char file[64];
    SSL *ssl = ov_stream_ssl(pair->client.stream);
    (void)snprintf(file, sizeof(file), "%s.crt", stem);
    assert_int_equal(SSL_use_certificate_file(ssl, pki_path(from, file), SSL_FILETYPE_PEM), 1);
    (void)snprintf(file, sizeof(file), "%s.key", stem);
    assert_int_equal(SSL_use_PrivateKey_file(ssl, pki_path(from, file), SSL_FILETYPE_PEM), 1);
}

/* As a real client does: it speaks as soon as it believes that the handshake is done. */
static void speak(struct side *side)
{
    (void)side_send(side, OV_FRAME_HELLO, 100, 'h');
}

struct outcome {
    struct side server;
    struct side client;
};

static void run_handshake(SSL_CTX *server, SSL_CTX *client, struct pki *from, const char *stem,
                          struct outcome *ret)
{
    struct pair pair;
    pair_init(&pair, server);
    pair.client.at_open = speak;
    pair_connect(&pair, client, "127.0.0.1");
    if (stem != NULL)
        show(&pair, from, stem);
    pair_until(&pair, &pair.server.closed);
    pair_until(&pair, &pair.client.closed);
    ret->server = pair.server;
    ret->client = pair.client;
    pair_done(&pair);
}

static struct outcome result; /* too big for the stack of some systems */

static void expect_refused(struct pki *from, const char *stem, const char *client_reads)
{
    SSL_CTX *server = new_server();
    SSL_CTX *client = new_client("good.crl");
    run_handshake(server, client, from, stem, &result);
    assert_false(result.server.opened);
    assert_int_equal(result.server.why.status, OV_ERR_DENIED);
    assert_int_equal(result.server.frame_count, 0);
    assert_int_equal(result.client.why.status, OV_ERR_DENIED);
    assert_string_equal(result.client.why.code, "tls.refused");
    if (strstr(result.client.why.text, client_reads) == NULL)
        fail_msg("the client was told: %s", result.client.why.text);
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

static void open_then_finish(struct side *side)
{
    ov_stream_finish(side->stream);
}

static void both_sides_open_and_the_server_knows_who_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *stem;
        enum ov_peer_kind kind;
        const char *name;
    } peers[] = {{"client", OV_PEER_SITE, "high-street"}, {"person", OV_PEER_PERSON, "j-doe2"}};
    for (size_t i = 0; i < 2; i++) {
        SSL_CTX *server = new_server();
        SSL_CTX *client = new_client("good.crl");
        struct pair pair;
        pair_init(&pair, server);
        pair_connect(&pair, client, "localhost");
        show(&pair, pki, peers[i].stem);
        pair_until(&pair, &pair.server.opened);
        pair_until(&pair, &pair.client.opened);
        assert_int_equal(pair.server.peer.kind, peers[i].kind);
        assert_string_equal(pair.server.peer.name, peers[i].name);
        assert_int_equal(pair.server.peer.key_bytes, 91); /* P-256, as these certificates have it */
        assert_int_equal(pair.server.peer.key[0], 0x30);
        if (i == 0) {
            char serial[17];
            (void)snprintf(serial, sizeof(serial), "%02lx", (unsigned long)client_serial);
            assert_string_equal(pair.server.peer.serial, serial);
        }
        pair_done(&pair);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
    }
}

static void nothing_but_tls13_with_our_suites_and_groups(void **state)
{
    (void)state;
    SSL_CTX *server = new_server();
    SSL_CTX *client = new_client(NULL);
    struct pair pair;
    pair_init(&pair, server);
    pair_connect(&pair, client, "127.0.0.1");
    pair_until(&pair, &pair.client.opened);
    SSL *ssl = ov_stream_ssl(pair.client.stream);
    assert_int_equal(SSL_version(ssl), TLS1_3_VERSION);
    assert_string_equal(SSL_get_cipher_name(ssl), "TLS_AES_256_GCM_SHA384");
    assert_int_equal(SSL_get_negotiated_group(ssl), NID_X25519);
    assert_int_equal(SSL_get_mode(ssl) & SSL_MODE_ENABLE_PARTIAL_WRITE, 0);
    pair_done(&pair);
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

static void an_older_tls_is_refused(void **state)
{
    (void)state;
    SSL_CTX *server = new_server();
    SSL_CTX *client = new_client(NULL);
    assert_int_equal(SSL_CTX_set_min_proto_version(client, TLS1_2_VERSION), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION), 1);
    run_handshake(server, client, NULL, NULL, &result);
    assert_false(result.server.opened);
    assert_false(result.client.opened);
    assert_non_null(strstr(result.client.why.text, "another version of TLS"));
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

static void no_certificate_no_connection(void **state)
{
    (void)state;
    SSL_CTX *server = new_server();
    SSL_CTX *client = new_client(NULL);
    struct pair pair;
    pair_init(&pair, server);
    pair_connect(&pair, client, "127.0.0.1");
    SSL_certs_clear(ov_stream_ssl(pair.client.stream));
    pair.client.at_open = speak;
    pair_until(&pair, &pair.server.closed);
    pair_until(&pair, &pair.client.closed);
    assert_false(pair.server.opened);
    assert_string_equal(pair.server.why.code, "tls.no_certificate");
    assert_string_equal(pair.client.why.code, "tls.refused");
    assert_non_null(strstr(pair.client.why.text, "wants a certificate"));
    pair_done(&pair);
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

static void a_certificate_of_another_ca_is_refused(void **state)
{
    (void)state;
    expect_refused(other_pki, "stranger", "from a CA");
    expect_refused(false_pki, "stranger", "the same name");
}

static void an_expired_certificate_is_refused(void **state)
{
    (void)state;
    expect_refused(pki, "expired", "expired");
    expect_refused(pki, "early", "does not hold");
}

static void a_revoked_certificate_is_refused(void **state)
{
    (void)state;
    expect_refused(pki, "revoked", "revoked");
}

static void a_certificate_for_servers_is_refused(void **state)
{
    (void)state;
    expect_refused(pki, "wrong-use", "another use");
}

static void expect_identity_refused(const char *stem)
{
    SSL_CTX *server = new_server();
    SSL_CTX *client = new_client(NULL);
    run_handshake(server, client, pki, stem, &result);
    assert_false(result.server.opened);
    assert_int_equal(result.server.why.status, OV_ERR_DENIED);
    assert_string_equal(result.server.why.code, "tls.identity");
    assert_int_equal(result.client.frame_count, 0);
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

static void an_identity_is_exactly_one_uri_of_ours(void **state)
{
    (void)state;
    expect_identity_refused("no-uri");
    expect_identity_refused("no-san");
    expect_identity_refused("two-uris");
    expect_identity_refused("odd-uri");
    expect_identity_refused("alien-uri");
}

static void an_expired_crl_closes_the_door_in_the_handshake(void **state)
{
    (void)state;
    SSL_CTX *server = new_server();
    SSL_CTX *client = new_client(NULL);
    /* The CRL's next update is in an hour: live in the hour after, within the certificate's. */
    (void)pki_issue(pki, &(struct pki_subject){"long", SITE, "clientAuth", 0, 86400});
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(server), time(NULL) + 4000);
    run_handshake(server, client, pki, "long", &result);
    assert_false(result.server.opened);
    assert_int_equal(result.server.why.status, OV_ERR_DENIED);
    assert_non_null(strstr(result.server.why.text, "CRL has expired"));
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

static void the_protocol_must_be_agreed_on(void **state)
{
    (void)state;
    static const unsigned char other[] = "\x08http/1.1";
    for (int offered = 0; offered < 2; offered++) {
        SSL_CTX *server = new_server();
        SSL_CTX *client = new_client(NULL);
        const unsigned char *protocols = offered ? other : NULL;
        assert_int_equal(SSL_CTX_set_alpn_protos(client, protocols, offered ? 9 : 0), 0);
        run_handshake(server, client, NULL, NULL, &result);
        assert_false(result.server.opened);
        assert_false(result.client.opened);
        assert_non_null(strstr(result.client.why.text, "does not speak this protocol"));
        SSL_CTX_free(server);
        SSL_CTX_free(client);
    }
}

static void a_client_refuses_a_server_that_ignores_the_protocol(void **state)
{
    (void)state;
    SSL_CTX *server = new_server();
    SSL_CTX *client = new_client(NULL);
    SSL_CTX_set_alpn_select_cb(server, NULL, NULL); /* as an old web server would */
    run_handshake(server, client, NULL, NULL, &result);
    assert_false(result.client.opened);
    assert_string_equal(result.client.why.code, "tls.alpn");
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

static void a_server_for_another_host_is_refused(void **state)
{
    (void)state;
    struct ov_tls_files files = files_of("good.crl", "faraway");
    SSL_CTX *server = NULL;
    assert_int_equal(ov_tls_server_new(&files, OV_ALPN_CAPTURE, &server, NULL), OV_OK);
    SSL_CTX *client = new_client(NULL);
    run_handshake(server, client, NULL, NULL, &result);
    assert_false(result.client.opened);
    assert_int_equal(result.client.why.status, OV_ERR_DENIED);
    assert_string_equal(result.client.why.code, "tls.peer");
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

static void no_session_is_ever_resumed(void **state)
{
    (void)state;
    SSL_CTX *server = new_server();
    SSL_CTX *client = new_client(NULL);
    SSL_SESSION *kept = NULL;
    for (int round = 0; round < 2; round++) {
        struct pair pair;
        pair_init(&pair, server);
        pair_connect(&pair, client, "127.0.0.1");
        if (kept != NULL)
            (void)SSL_set_session(ov_stream_ssl(pair.client.stream), kept);
        pair_until(&pair, &pair.server.opened);
        assert_int_equal(side_send(&pair.server, OV_FRAME_PING, 3, 'p'), OV_OK);
        pair_until_frames(&pair, &pair.client, 1);
        SSL *ssl = ov_stream_ssl(pair.client.stream);
        assert_int_equal(SSL_session_reused(ssl), 0);
        SSL_SESSION_free(kept);
        kept = SSL_get1_session(ssl);
        assert_int_equal(SSL_SESSION_is_resumable(kept), 0);
        assert_int_equal(SSL_SESSION_has_ticket(kept), 0);
        pair_done(&pair);
    }
    SSL_SESSION_free(kept);
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

static void a_live_peer_that_was_revoked_is_found_by_recheck(void **state)
{
    (void)state;
    SSL_CTX *server = new_server();
    SSL_CTX *client = new_client(NULL);
    struct ov_tls_files files = files_of("no-client.crl", "server");
    SSL_CTX *newer = NULL;
    assert_int_equal(ov_tls_server_new(&files, OV_ALPN_CAPTURE, &newer, NULL), OV_OK);
    struct pair pair;
    struct ov_error err = OV_ERROR_INIT;
    pair_init(&pair, server);
    pair_connect(&pair, client, "127.0.0.1");
    pair_until(&pair, &pair.server.opened);
    SSL *live = ov_stream_ssl(pair.server.stream);
    assert_int_equal(ov_tls_recheck(server, live, &err), OV_OK);
    assert_int_equal(ov_tls_recheck(newer, live, &err), OV_ERR_DENIED);
    assert_string_equal(err.code, "tls.certificate");
    assert_non_null(strstr(err.text, "revoked"));
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(server), time(NULL) + 7200);
    assert_int_equal(ov_tls_recheck(server, live, NULL), OV_ERR_DENIED); /* expired since */
    assert_int_equal(ov_tls_recheck(client, ov_stream_ssl(pair.client.stream), NULL), OV_OK);
    pair.server.at_close = NULL;
    open_then_finish(&pair.server);
    pair_until(&pair, &pair.client.closed);
    pair_done(&pair);
    SSL_CTX_free(server);
    SSL_CTX_free(newer);
    SSL_CTX_free(client);
}

static void a_file_that_is_missing_is_said_to_be_missing(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_tls_files files = files_of("good.crl", "server");
    SSL_CTX *ctx = NULL;
    files.cert = pki_path(pki, "no-such.pem");
    assert_int_equal(ov_tls_server_new(&files, OV_ALPN_CAPTURE, &ctx, &err), OV_ERR_CRYPTO);
    assert_string_equal(err.code, "tls.certificate");
    assert_non_null(strstr(err.text, "no-such.pem: No such file"));
    assert_int_equal(ERR_peek_error(), 0);
}

static void openssl_errors_are_translated_once_and_the_queue_is_left_empty(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_tls_files files = files_of("good.crl", "server");
    SSL_CTX *ctx = NULL;
    files.cert = pki_path(pki, "server.key");
    assert_int_equal(ov_tls_server_new(&files, OV_ALPN_CAPTURE, &ctx, &err), OV_ERR_CRYPTO);
    assert_string_equal(err.code, "tls.certificate");
    assert_int_equal(ERR_peek_error(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_needs_a_current_crl_of_its_ca),
        cmocka_unit_test(a_key_must_be_private_and_the_certificates_own),
        cmocka_unit_test(our_own_certificate_must_hold),
        cmocka_unit_test(plaintext_is_cleansed_by_openssl_on_both_sides),
        cmocka_unit_test(both_sides_open_and_the_server_knows_who_it_is),
        cmocka_unit_test(nothing_but_tls13_with_our_suites_and_groups),
        cmocka_unit_test(an_older_tls_is_refused),
        cmocka_unit_test(no_certificate_no_connection),
        cmocka_unit_test(a_certificate_of_another_ca_is_refused),
        cmocka_unit_test(an_expired_certificate_is_refused),
        cmocka_unit_test(a_revoked_certificate_is_refused),
        cmocka_unit_test(a_certificate_for_servers_is_refused),
        cmocka_unit_test(an_identity_is_exactly_one_uri_of_ours),
        cmocka_unit_test(an_expired_crl_closes_the_door_in_the_handshake),
        cmocka_unit_test(the_protocol_must_be_agreed_on),
        cmocka_unit_test(a_client_refuses_a_server_that_ignores_the_protocol),
        cmocka_unit_test(a_server_for_another_host_is_refused),
        cmocka_unit_test(no_session_is_ever_resumed),
        cmocka_unit_test(a_live_peer_that_was_revoked_is_found_by_recheck),
        cmocka_unit_test(a_file_that_is_missing_is_said_to_be_missing),
        cmocka_unit_test(openssl_errors_are_translated_once_and_the_queue_is_left_empty),
    };
    if (ov_net_init() != OV_OK)
        return 1;
    return cmocka_run_group_tests_name("tls", tests, set_up, tear_down);
}
