/* Who the peer is, by its certificate, and whether that still holds. Any thread. */
#include <stdbool.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "common/net/tls_internal.h"

static enum ov_status fail_identity(struct ov_error *err, const char *why)
{
    return ov_fail(err, OV_ERR_DENIED, "tls.identity",
                   "the certificate %s; it needs one SAN URI, overt://site/NAME or "
                   "overt://person/NAME",
                   why);
}

/* uri is not NUL-terminated and may hold anything. */
static enum ov_status parse_identity(const char *uri, size_t size, struct ov_peer *ret_peer,
                                     struct ov_error *err)
{
    static const char site[] = "overt://site/";
    static const char person[] = "overt://person/";
    size_t skip = 0;
    if (size > sizeof(site) - 1 && memcmp(uri, site, sizeof(site) - 1) == 0) {
        ret_peer->kind = OV_PEER_SITE;
        skip = sizeof(site) - 1;
    } else if (size > sizeof(person) - 1 && memcmp(uri, person, sizeof(person) - 1) == 0) {
        ret_peer->kind = OV_PEER_PERSON;
        skip = sizeof(person) - 1;
    } else {
        return fail_identity(err, "names nobody of ours");
    }
    const char *name = uri + skip;
    size_t length = size - skip;
    if (length >= OV_PEER_NAME_SIZE)
        return fail_identity(err, "has too long a name");
    for (size_t i = 0; i < length; i++) {
        bool fine = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') ||
                    name[i] == '-';
        if (!fine)
            return fail_identity(err, "has a name that is not of a-z, 0-9 and -");
    }
    memcpy(ret_peer->name, name, length);
    ret_peer->name[length] = '\0';
    return OV_OK;
}

static enum ov_status read_identity(X509 *cert, struct ov_peer *ret_peer, struct ov_error *err)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    const ASN1_IA5STRING *uri = NULL;
    int count = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_URI)
            continue;
        uri = name->d.uniformResourceIdentifier;
        count++;
    }
    enum ov_status status = OV_OK;
    if (count != 1)
        status = fail_identity(err, count == 0 ? "has no URI" : "has several URIs");
    else
        status = parse_identity((const char *)ASN1_STRING_get0_data(uri),
                                (size_t)ASN1_STRING_length(uri), ret_peer, err);
    GENERAL_NAMES_free(names);
    return status;
}

static enum ov_status read_serial(X509 *cert, struct ov_peer *ret_peer, struct ov_error *err)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
    char *hex = number != NULL ? BN_bn2hex(number) : NULL;
    BN_free(number);
    if (hex == NULL || strlen(hex) >= sizeof(ret_peer->serial)) {
        OPENSSL_free(hex);
        return ov_fail(err, OV_ERR_DENIED, "tls.identity",
                       "the certificate's serial number cannot be read");
    }
    for (size_t i = 0; i <= strlen(hex); i++)
        ret_peer->serial[i] = (char)(hex[i] >= 'A' && hex[i] <= 'F' ? hex[i] - 'A' + 'a' : hex[i]);
    OPENSSL_free(hex);
    return OV_OK;
}

static void read_key(X509 *cert, struct ov_peer *ret_peer)
{
    const X509_PUBKEY *key = X509_get_X509_PUBKEY(cert);
    int size = key != NULL ? i2d_X509_PUBKEY(key, NULL) : 0;
    if (size <= 0 || (size_t)size > sizeof(ret_peer->key))
        return;
    uint8_t *at = ret_peer->key;
    ret_peer->key_bytes = (size_t)i2d_X509_PUBKEY(key, &at);
}

enum ov_status ov_tls_peer(SSL *ssl, struct ov_peer *ret_peer, struct ov_error *err)
{
    ERR_clear_error();
    X509 *cert = SSL_get1_peer_certificate(ssl);
    if (cert == NULL || SSL_get_verify_result(ssl) != X509_V_OK) {
        X509_free(cert);
        return ov_fail(err, OV_ERR_DENIED, "tls.identity", "the peer showed no valid certificate");
    }
    struct ov_peer peer = {0};
    enum ov_status status = read_identity(cert, &peer, err);
    if (status == OV_OK)
        status = read_serial(cert, &peer, err);
    if (status == OV_OK)
        read_key(cert, &peer);
    X509_free(cert);
    ERR_clear_error();
    if (status == OV_OK)
        *ret_peer = peer;
    return status;
}

enum ov_status ov_tls_recheck(SSL_CTX *newer, SSL *live, struct ov_error *err)
{
    X509 *cert = SSL_get1_peer_certificate(live);
    if (cert == NULL)
        return ov_fail(err, OV_ERR_STATE, "tls.identity", "the peer has shown no certificate yet");
    int purpose = SSL_is_server(live) ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER;
    enum ov_status status =
        tls_verify(newer, cert, SSL_get_peer_cert_chain(live), purpose, "the peer's", err);
    X509_free(cert);
    return status;
}
