/* From libcurl's, OpenSSL's and the peer's codes to sentences. Pure functions. */
#include "server/ctl/http_explain.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

static enum ov_status explain_expired(const struct http_failure *failure, struct ov_error *err)
{
    if (failure->now_us > failure->identity->not_after_us)
        return ov_fail(err, OV_ERR_CRYPTO, "tls.own_expired",
                       "your certificate has expired; ask your administrator for a new one "
                       "('deploy/pki person --again')");
    if (failure->now_us < failure->identity->not_before_us)
        return ov_fail(err, OV_ERR_CRYPTO, "tls.own_not_yet",
                       "your certificate is not valid yet; check this computer's clock");
    return ov_fail(err, OV_ERR_CRYPTO, "tls.expired_there",
                   "the server finds your certificate or its own revocation list out of date; "
                   "the administrator renews the list with 'deploy/pki crl'");
}

/* The server sent an alert: it refuses us. */
static enum ov_status explain_alert(const struct http_failure *failure, struct ov_error *err)
{
    switch (failure->alert) {
    case SSL_AD_CERTIFICATE_EXPIRED:
        return explain_expired(failure, err);
    case SSL_AD_CERTIFICATE_REVOKED:
        return ov_fail(err, OV_ERR_CRYPTO, "tls.own_revoked",
                       "the server refuses your certificate: it has been revoked");
    case SSL_AD_UNKNOWN_CA:
        return ov_fail(err, OV_ERR_CRYPTO, "tls.own_not_trusted",
                       "the server refuses your certificate: it is not from the authority that "
                       "the server trusts, or the server has no revocation list of it");
    case SSL_AD_CERTIFICATE_REQUIRED:
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_ACCESS_DENIED:
        return ov_fail(err, OV_ERR_CRYPTO, "tls.own_refused",
                       "the server refuses your certificate (alert %d); --identity may name the "
                       "wrong folder",
                       failure->alert);
    case SSL_AD_PROTOCOL_VERSION:
        return ov_fail(err, OV_ERR_CRYPTO, "tls.version",
                       "%s port %d does not speak TLS 1.3; it is no match server of this version",
                       failure->host, failure->port);
    case SSL_AD_NO_APPLICATION_PROTOCOL:
        return ov_fail(err, OV_ERR_CRYPTO, "tls.wrong_port",
                       "%s port %d speaks another protocol; the API's port is 7643 by default",
                       failure->host, failure->port);
    default:
        return ov_fail(err, OV_ERR_CRYPTO, "tls.alert", "the server ended TLS with alert %d",
                       failure->alert);
    }
}

static enum ov_status explain_server_cert(const struct http_failure *failure, struct ov_error *err)
{
    switch (failure->verify_result) {
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED: /* libcurl's own check of the name, after a good chain */
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return ov_fail(err, OV_ERR_CRYPTO, "tls.server_name",
                       "the server's certificate is not for '%s'; use the name that it was issued "
                       "for in --server",
                       failure->host);
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return ov_fail(err, OV_ERR_CRYPTO, "tls.server_expired",
                       "the server's certificate has expired; nothing was sent");
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return ov_fail(err, OV_ERR_CRYPTO, "tls.server_not_yet",
                       "the server's certificate is not valid yet; check this computer's clock");
    default:
        return ov_fail(err, OV_ERR_CRYPTO, "tls.server_not_trusted",
                       "the server's certificate is not from the authority in %s (%s); nothing was "
                       "sent",
                       failure->identity->ca,
                       X509_verify_cert_error_string(failure->verify_result));
    }
}

static enum ov_status explain_lost(const struct http_failure *failure, struct ov_error *err)
{
    if (failure->was_sent)
        return ov_fail(err, OV_ERR_CLOSED, "net.lost",
                       "the connection ended before the answer; whether it was done is unknown "
                       "(look before you try again)");
    return ov_fail(err, OV_ERR_UNAVAILABLE, "net.lost",
                   "%s port %d closed the connection before anything was sent: %s", failure->host,
                   failure->port, failure->detail);
}

enum ov_status http_explain(const struct http_failure *failure, struct ov_error *err)
{
    if (failure->alert >= 0 && failure->trouble != TROUBLE_SERVER_CERT)
        return explain_alert(failure, err);
    switch (failure->trouble) {
    case TROUBLE_NAME:
        return ov_fail(err, OV_ERR_UNAVAILABLE, "net.name",
                       "there is no host '%s'; check --server or OVERT_SERVER", failure->host);
    case TROUBLE_CONNECT:
        return ov_fail(err, OV_ERR_UNAVAILABLE, "net.connect",
                       "nobody answers at %s port %d; check --server or OVERT_SERVER, and that "
                       "the server runs",
                       failure->host, failure->port);
    case TROUBLE_SERVER_CERT:
        return explain_server_cert(failure, err);
    case TROUBLE_OWN_FILES:
        return ov_fail(err, OV_ERR_CRYPTO, "identity.files",
                       "the files in the identity folder cannot be used: %s", failure->detail);
    case TROUBLE_HANDSHAKE:
        return ov_fail(err, OV_ERR_UNAVAILABLE, "tls.handshake",
                       "no TLS 1.3 connection to %s port %d: %s", failure->host, failure->port,
                       failure->detail);
    case TROUBLE_TIMEOUT:
        if (failure->was_sent)
            return ov_fail(err, OV_ERR_TIMEOUT, "net.timeout",
                           "no answer in time; whether it was done is unknown (look before you "
                           "try again)");
        return ov_fail(err, OV_ERR_UNAVAILABLE, "net.timeout", "%s port %d does not answer",
                       failure->host, failure->port);
    case TROUBLE_LOST:
        return explain_lost(failure, err);
    }
    return OV_ERR_INTERNAL;
}
