/* Shared by the TLS files of this folder; not for others. */
#ifndef OVERT_COMMON_NET_TLS_INTERNAL_H
#define OVERT_COMMON_NET_TLS_INTERNAL_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "common/net/tls.h"

/* Loads CA, CRLs, certificate and key into a context and checks all of them: that the key is
 * private and belongs to the certificate, that every CRL is current, that the certificate chains to
 * the CA for this purpose and is not revoked. */
OV_CHECKED enum ov_status tls_load_files(SSL_CTX *ctx, const struct ov_tls_files *files,
                                         int own_purpose, struct ov_error *err);

/* Checks a certificate for a purpose with the CA, CRLs and limits of a context. */
OV_CHECKED enum ov_status tls_verify(SSL_CTX *ctx, X509 *cert, STACK_OF(X509) * chain, int purpose,
                                     const char *whose, struct ov_error *err);

/* Why a handshake or connection failed: error is one of OpenSSL's codes (0: none), verify the
 * X509_V_ERR of our own check of the peer. Fills err; returns its status. */
enum ov_status tls_describe(unsigned long error, long verify, const char *peer,
                            struct ov_error *err);

/* True for the codes that mean no more than "the other side is gone". */
bool tls_is_plain_end(unsigned long error);

#endif
