/* OpenSSL's errors in our words: the one place that translates them. Any thread. */
#include "common/net/tls_internal.h"

#include <stdbool.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

enum ov_status ov_tls_fail(struct ov_error *err, const char *code, const char *what)
{
    unsigned long error = ERR_peek_last_error();
    const char *reason = error != 0 ? ERR_reason_error_string(error) : NULL;
    ERR_clear_error();
    return ov_fail(err, OV_ERR_CRYPTO, code, "%s%s%s", what, reason != NULL ? ": " : "",
                   reason != NULL ? reason : "");
}

/* What the other side told us before it closed. */
static const struct alert_text {
    int reason;
    const char *text;
} alerts[] = {
    {SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, "refused our certificate: it has been revoked"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
     "refused our certificate: it, or the revocation list over there, has expired"},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, "refused our certificate: it is from a CA, or needs a "
                                   "revocation list, that is not known there"},
    {SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE,
     "refused our certificate: it was issued for another use"},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "refused our certificate: it does not hold"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "refused our certificate"},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "wants a certificate and was shown none"},
    {SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL,
     "does not speak this protocol on this port: check address and port"},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "speaks another version of TLS; 1.3 is needed"},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "found nothing in common with us for TLS"},
    {SSL_R_TLSV1_ALERT_ACCESS_DENIED, "denied us access"},
    {SSL_R_TLSV1_ALERT_DECRYPT_ERROR,
     "refused our certificate: a CA over there has the same name as ours but another key"},
};

static const char *alert_of(unsigned long error)
{
    for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
        if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == alerts[i].reason)
            return alerts[i].text;
    }
    return NULL;
}

bool tls_is_plain_end(unsigned long error)
{
    /* OpenSSL 3's name for an end without close_notify; frames carry their length, so a cut one
     * is seen anyway. */
    return error == 0 || (ERR_GET_LIB(error) == ERR_LIB_SSL &&
                          ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
}

enum ov_status tls_describe(unsigned long error, long verify, const char *peer,
                            struct ov_error *err)
{
    const char *alert = alert_of(error);
    if (alert != NULL)
        return ov_fail(err, OV_ERR_DENIED, "tls.refused", "%s %s", peer, alert);
    if (verify != X509_V_OK)
        return ov_fail(err, OV_ERR_DENIED, "tls.peer", "the certificate of %s does not hold: %s",
                       peer, X509_verify_cert_error_string(verify));
    if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
        ERR_GET_REASON(error) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
        return ov_fail(err, OV_ERR_DENIED, "tls.no_certificate", "%s showed no certificate", peer);
    const char *reason = ERR_reason_error_string(error);
    return ov_fail(err, OV_ERR_CRYPTO, "tls.broken", "TLS with %s failed: %s", peer,
                   reason != NULL ? reason : "no reason was given");
}
