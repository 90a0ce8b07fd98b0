/* TLS contexts: the rules that hold on every port. See tls.h. */
#include "common/net/tls.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "common/net/tls_internal.h"

#define SUITES "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"
#define GROUPS "X25519:P-256"
#define CHAIN_DEPTH 2
#define ALPN_MAX 32

/* The one protocol, in the form in which TLS wants it: a length byte, then the name. Each context
 * owns one. */
struct alpn {
    unsigned char wire[ALPN_MAX + 2]; /* and a NUL that does not travel */
    unsigned int size;
};

static int alpn_index = -1;

static void free_alpn(void *parent, void *data, CRYPTO_EX_DATA *ad, int index, long argl,
                      void *argp)
{
    (void)parent;
    (void)ad;
    (void)index;
    (void)argl;
    (void)argp;
    free(data);
}

static void make_alpn_index(void)
{
    alpn_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_alpn);
}

/* Attaches the protocol to its context, which then owns it. */
static enum ov_status set_alpn(SSL_CTX *ctx, const char *name, struct ov_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, make_alpn_index);
    size_t length = strlen(name);
    if (length == 0 || length > ALPN_MAX)
        return ov_fail(err, OV_ERR_INTERNAL, "tls.alpn", "the protocol name is too long");
    struct alpn *alpn = calloc(1, sizeof(*alpn));
    if (alpn == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for a TLS context");
    alpn->wire[0] = (unsigned char)length;
    memcpy(alpn->wire + 1, name, length + 1);
    alpn->size = (unsigned int)length + 1;
    if (alpn_index < 0 || SSL_CTX_set_ex_data(ctx, alpn_index, alpn) != 1) {
        free(alpn);
        return ov_tls_fail(err, "tls.alpn", "cannot set the protocol");
    }
    return OV_OK;
}

static int on_select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_size,
                          const unsigned char *in, unsigned int in_size, void *arg)
{
    (void)arg;
    const struct alpn *alpn = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), alpn_index);
    unsigned int at = 0;
    while (at < in_size) {
        unsigned int length = in[at];
        if (length + 1 > in_size - at)
            break;
        if (length + 1 == alpn->size && memcmp(in + at, alpn->wire, alpn->size) == 0) {
            *out = in + at + 1;
            *out_size = (unsigned char)length;
            return SSL_TLSEXT_ERR_OK;
        }
        at += length + 1;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* Without the extension OpenSSL would not ask on_select_alpn at all. */
static int on_client_hello(SSL *ssl, int *alert, void *arg)
{
    (void)arg;
    const unsigned char *data = NULL;
    size_t size = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &data,
                                  &size) == 1)
        return SSL_CLIENT_HELLO_SUCCESS;
    *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
    return SSL_CLIENT_HELLO_ERROR;
}

static bool set_rules(SSL_CTX *ctx)
{
    char groups[] = GROUPS; /* OpenSSL's macro wants it writable */
    SSL_CTX_set_security_level(ctx, 2);
    SSL_CTX_set_verify_depth(ctx, CHAIN_DEPTH);
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                       SSL_OP_NO_COMPRESSION | SSL_OP_CLEANSE_PLAINTEXT);
    /* Not ENABLE_PARTIAL_WRITE: libevent 2.1 would lose its place in a frame. */
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(ctx, SUITES) == 1 &&
           SSL_CTX_set1_groups_list(ctx, groups) == 1 && SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
           SSL_CTX_set_max_early_data(ctx, 0) == 1;
}

static enum ov_status new_context(const SSL_METHOD *method, const char *alpn, SSL_CTX **ret_ctx,
                                  struct ov_error *err)
{
    ERR_clear_error();
    SSL_CTX *ctx = SSL_CTX_new(method);
    if (ctx == NULL || !set_rules(ctx)) {
        SSL_CTX_free(ctx);
        return ov_tls_fail(err, "tls.context", "cannot make a TLS context");
    }
    enum ov_status status = set_alpn(ctx, alpn, err);
    if (status != OV_OK) {
        SSL_CTX_free(ctx);
        return status;
    }
    *ret_ctx = ctx;
    return OV_OK;
}

enum ov_status ov_tls_server_new(const struct ov_tls_files *files, const char *alpn,
                                 SSL_CTX **ret_ctx, struct ov_error *err)
{
    if (files->crl == NULL)
        return ov_fail(err, OV_ERR_INVALID, "tls.crl",
                       "a server needs a revocation list; set the path of the CRL");
    SSL_CTX *ctx = NULL;
    enum ov_status status = new_context(TLS_server_method(), alpn, &ctx, err);
    if (status != OV_OK)
        return status;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_client_hello_cb(ctx, on_client_hello, NULL);
    SSL_CTX_set_alpn_select_cb(ctx, on_select_alpn, NULL);
    status = tls_load_files(ctx, files, X509_PURPOSE_SSL_SERVER, err);
    if (status == OV_OK && SSL_CTX_set_purpose(ctx, X509_PURPOSE_SSL_CLIENT) != 1)
        status = ov_tls_fail(err, "tls.context", "cannot make a TLS context");
    if (status != OV_OK) {
        SSL_CTX_free(ctx);
        return status;
    }
    *ret_ctx = ctx;
    return OV_OK;
}

enum ov_status ov_tls_client_new(const struct ov_tls_files *files, const char *alpn,
                                 SSL_CTX **ret_ctx, struct ov_error *err)
{
    SSL_CTX *ctx = NULL;
    enum ov_status status = new_context(TLS_client_method(), alpn, &ctx, err);
    if (status != OV_OK)
        return status;
    const struct alpn *wanted = SSL_CTX_get_ex_data(ctx, alpn_index);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_set_alpn_protos(ctx, wanted->wire, wanted->size) != 0) /* 0 is success here */
        status = ov_tls_fail(err, "tls.alpn", "cannot set the protocol");
    if (status == OV_OK)
        status = tls_load_files(ctx, files, X509_PURPOSE_SSL_CLIENT, err);
    if (status == OV_OK && SSL_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER) != 1)
        status = ov_tls_fail(err, "tls.context", "cannot make a TLS context");
    if (status != OV_OK) {
        SSL_CTX_free(ctx);
        return status;
    }
    *ret_ctx = ctx;
    return OV_OK;
}

enum ov_status ov_tls_check_alpn(SSL *ssl, struct ov_error *err)
{
    const struct alpn *wanted = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), alpn_index);
    const unsigned char *agreed = NULL;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl, &agreed, &size);
    if (agreed == NULL || size + 1 != wanted->size || memcmp(agreed, wanted->wire + 1, size) != 0)
        return ov_fail(err, OV_ERR_PROTOCOL, "tls.alpn",
                       "the other side did not agree on the protocol %.*s: check address and port",
                       (int)wanted->size - 1, (const char *)wanted->wire + 1);
    return OV_OK;
}
