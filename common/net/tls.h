/*
 * TLS as this project uses it, on every port: TLS 1.3 only, certificates on both sides, no session
 * resumption, ALPN required, revocation checked against a CRL that must be there and current.
 *
 * A context belongs to one loop thread (OpenSSL 3.0 shares badly). Reloading builds a new one.
 */
#ifndef OVERT_COMMON_NET_TLS_H
#define OVERT_COMMON_NET_TLS_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "common/base/status.h"

/* Paths of PEM files. crl may be NULL for a client, never for a server. */
struct ov_tls_files {
    const char *ca;
    const char *crl;
    const char *cert;
    const char *key;
};

/* alpn: the one protocol accepted, for example "overt/1". The key file must be private. */
OV_CHECKED enum ov_status ov_tls_server_new(const struct ov_tls_files *files, const char *alpn,
                                            SSL_CTX **ret_ctx, struct ov_error *err);
/* The server's name or address is checked per connection (ov_stream_connect). */
OV_CHECKED enum ov_status ov_tls_client_new(const struct ov_tls_files *files, const char *alpn,
                                            SSL_CTX **ret_ctx, struct ov_error *err);

enum ov_peer_kind { OV_PEER_SITE, OV_PEER_PERSON };

#define OV_PEER_NAME_SIZE 65
#define OV_PEER_SERIAL_SIZE 65
/* Of a public key in DER form (SubjectPublicKeyInfo): P-256 has 91, Ed25519 44. */
#define OV_PEER_KEY_MAX 128

/* Who the peer's certificate says it is: its one SAN URI, overt://site/NAME or overt://person/NAME
 * with NAME of [a-z0-9-]{1,64}. */
struct ov_peer {
    enum ov_peer_kind kind;
    char name[OV_PEER_NAME_SIZE];
    char serial[OV_PEER_SERIAL_SIZE]; /* certificate serial, lower-case hex */
    /* The certificate's public key, SubjectPublicKeyInfo in DER; none when it is of another kind
     * (RSA), which is fine for TLS and signs nothing. */
    uint8_t key[OV_PEER_KEY_MAX];
    size_t key_bytes;
};

/* After the handshake. No URI, two URIs or another form: OV_ERR_DENIED "tls.identity". */
OV_CHECKED enum ov_status ov_tls_peer(SSL *ssl, struct ov_peer *ret_peer, struct ov_error *err);

/* After the handshake: the context's one protocol was agreed on. ov_stream asks by itself. */
OV_CHECKED enum ov_status ov_tls_check_alpn(SSL *ssl, struct ov_error *err);

/* Checks a live connection's peer certificate again, against the files of a newer context. */
OV_CHECKED enum ov_status ov_tls_recheck(SSL_CTX *newer, SSL *live, struct ov_error *err);

/* Fills err from OpenSSL's queue and empties it: the one place that translates its errors. */
enum ov_status ov_tls_fail(struct ov_error *err, const char *code, const char *what);

#endif
