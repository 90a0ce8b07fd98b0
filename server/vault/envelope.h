/*
 * Sealing a file to one person outside: CMS AuthEnvelopedData (RFC 5083) with AES-256-GCM for the
 * holder of a certificate's key, which "openssl cms -decrypt" opens. RSA by OAEP with SHA-256,
 * elliptic curves by ECDH with SHA-256. Any thread.
 */
#ifndef OVERT_SERVER_VAULT_ENVELOPE_H
#define OVERT_SERVER_VAULT_ENVELOPE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/secret.h"
#include "common/base/status.h"

#define RECIPIENT_PEM_MAX_BYTES ((size_t)16 * 1024)
#define RECIPIENT_DIGEST_BYTES 32

struct recipient;

/*
 * One certificate in PEM: in date at now_us, meant for encryption where it says what it is for, its
 * key RSA of 2048 bits or more or on a curve of 256 or more. Who it belongs to is for the caller to
 * know: an outsider's certificate is of no authority of ours. "evidence.recipient" otherwise.
 */
OV_CHECKED enum ov_status recipient_read(const char *pem, size_t size, int64_t now_us,
                                         struct recipient **ret, struct ov_error *err);
void recipient_free(struct recipient *recipient);
/* SHA-256 of the certificate, DER: what "openssl x509 -fingerprint -sha256" shows. */
const uint8_t *recipient_digest(const struct recipient *recipient);

/* DER. */
OV_CHECKED enum ov_status envelope_seal(const struct recipient *recipient, const void *data,
                                        size_t size, struct ov_secret *ret_file,
                                        struct ov_error *err);

#endif
