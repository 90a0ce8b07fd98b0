/* Loading and checking the files of a TLS context. Runs at start and at reload; any thread. */
#include "common/net/tls_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "common/base/file.h"

static enum ov_status fail_file(struct ov_error *err, const char *code, const char *what,
                                const char *path)
{
    char text[300];
    (void)snprintf(text, sizeof(text), "%s %s", what, path);
    if (access(path, R_OK) == 0)
        return ov_tls_fail(err, code, text);
    int why = errno; /* OpenSSL would say no more than "system lib" */
    ERR_clear_error();
    return ov_fail(err, OV_ERR_CRYPTO, code, "%s: %s", text, strerror(why));
}

static enum ov_status load_ca(SSL_CTX *ctx, const char *path, struct ov_error *err)
{
    if (SSL_CTX_load_verify_file(ctx, path) != 1)
        return fail_file(err, "tls.ca", "cannot read CA certificates from", path);
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(path);
    if (names == NULL)
        return fail_file(err, "tls.ca", "cannot read CA certificates from", path);
    SSL_CTX_set_client_CA_list(ctx,
                               names); /* takes names; tells clients which certificate to show */
    return OV_OK;
}

static enum ov_status check_crl_times(const X509_CRL *crl, const char *path, struct ov_error *err)
{
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
    if (X509_cmp_current_time(X509_CRL_get0_lastUpdate(crl)) >= 0)
        return ov_fail(err, OV_ERR_CRYPTO, "tls.crl",
                       "the revocation list %s is from the future; check the clock", path);
    if (next == NULL || X509_cmp_current_time(next) <= 0)
        return ov_fail(err, OV_ERR_CRYPTO, "tls.crl",
                       "the revocation list %s has expired; issue a new one", path);
    return OV_OK;
}

/* Adds every CRL of the file (one per CA of the chain). */
static enum ov_status load_crls(X509_STORE *store, const char *path, struct ov_error *err)
{
    BIO *file = BIO_new_file(path, "r");
    if (file == NULL)
        return fail_file(err, "tls.crl", "cannot read the revocation list", path);
    enum ov_status status = OV_OK;
    int count = 0;
    while (status == OV_OK) {
        X509_CRL *crl = PEM_read_bio_X509_CRL(file, NULL, NULL, NULL);
        if (crl == NULL)
            break;
        status = check_crl_times(crl, path, err);
        if (status == OV_OK && X509_STORE_add_crl(store, crl) != 1)
            status = fail_file(err, "tls.crl", "cannot use the revocation list", path);
        X509_CRL_free(crl);
        count++;
    }
    (void)BIO_free(file);
    bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (status == OV_OK && (count == 0 || !at_end))
        status = fail_file(err, "tls.crl", "no revocation list can be read from", path);
    ERR_clear_error();
    return status;
}

static int no_passphrase(char *buf, int size, int writing, void *ctx)
{
    (void)buf;
    (void)size;
    (void)writing;
    (void)ctx;
    return 0; /* never ask on the terminal: an encrypted key is an error */
}

static enum ov_status load_identity(SSL_CTX *ctx, const struct ov_tls_files *files,
                                    struct ov_error *err)
{
    enum ov_status status = ov_file_check_private(files->key, err);
    if (status != OV_OK)
        return status;
    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(ctx, files->cert) != 1)
        return fail_file(err, "tls.certificate", "cannot read the certificate", files->cert);
    if (SSL_CTX_use_PrivateKey_file(ctx, files->key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ctx) != 1)
        return fail_file(err, "tls.key",
                         "the key cannot be read or is not the certificate's:", files->key);
    return OV_OK;
}

enum ov_status tls_verify(SSL_CTX *ctx, X509 *cert, STACK_OF(X509) * chain, int purpose,
                          const char *whose, struct ov_error *err)
{
    ERR_clear_error();
    X509_STORE_CTX *check = X509_STORE_CTX_new();
    if (check == NULL ||
        X509_STORE_CTX_init(check, SSL_CTX_get_cert_store(ctx), cert, chain) != 1) {
        X509_STORE_CTX_free(check);
        return ov_tls_fail(err, "tls.check", "cannot check a certificate");
    }
    X509_VERIFY_PARAM *rules = X509_STORE_CTX_get0_param(check);
    bool ready =
        X509_STORE_CTX_set_default(check, purpose == X509_PURPOSE_SSL_CLIENT ? "ssl_client"
                                                                             : "ssl_server") == 1 &&
        X509_VERIFY_PARAM_set1(rules, SSL_CTX_get0_param(ctx)) == 1 &&
        X509_VERIFY_PARAM_set_purpose(rules, purpose) == 1;
    enum ov_status status = OV_OK;
    if (!ready)
        status = ov_tls_fail(err, "tls.check", "cannot check a certificate");
    else if (X509_verify_cert(check) != 1)
        status = ov_fail(err, OV_ERR_DENIED, "tls.certificate", "%s certificate does not hold: %s",
                         whose, X509_verify_cert_error_string(X509_STORE_CTX_get_error(check)));
    X509_STORE_CTX_free(check);
    ERR_clear_error();
    return status;
}

enum ov_status tls_load_files(SSL_CTX *ctx, const struct ov_tls_files *files, int own_purpose,
                              struct ov_error *err)
{
    enum ov_status status = load_ca(ctx, files->ca, err);
    if (status == OV_OK && files->crl != NULL) {
        X509_STORE *store = SSL_CTX_get_cert_store(ctx);
        status = load_crls(store, files->crl, err);
        if (status == OV_OK &&
            X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) != 1)
            status = ov_tls_fail(err, "tls.crl", "cannot switch revocation checks on");
    }
    if (status == OV_OK)
        status = load_identity(ctx, files, err);
    if (status != OV_OK)
        return status;
    STACK_OF(X509) *chain = NULL;
    (void)SSL_CTX_get0_chain_certs(ctx, &chain);
    return tls_verify(ctx, SSL_CTX_get0_certificate(ctx), chain, own_purpose, "our own", err);
}
