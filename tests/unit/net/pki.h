/*
 * Certificates for tests, made with OpenSSL's own functions when a test runs: a CA, certificates of
 * every right and wrong kind, revocation lists, all as PEM files in a temporary folder. Tests only.
 */
#ifndef OVERT_TESTS_UNIT_NET_PKI_H
#define OVERT_TESTS_UNIT_NET_PKI_H

#include <stdbool.h>

#include <openssl/ssl.h>

struct pki;

/* One authority in its own temporary folder; aborts the test when anything fails. */
struct pki *pki_new(const char *ca_name);
void pki_free(struct pki *pki); /* removes the folder; takes NULL */

/* What the certificate says. Times are seconds from now. */
struct pki_subject {
    const char *name; /* file name stem, for example "server" */
    const char *san;  /* "URI:overt://site/x", "DNS:localhost,IP:127.0.0.1"; NULL: none */
    const char *eku;  /* "serverAuth", "clientAuth" or NULL for none */
    long not_before_s;
    long not_after_s; /* 0: an hour from now */
};

/* Makes NAME.crt and NAME.key; returns the certificate's serial number. */
long pki_issue(struct pki *pki, const struct pki_subject *subject);

/* Writes FILE with the given revoked serial (0: none), current from -1 h, next update in next_s. */
void pki_write_crl(struct pki *pki, const char *file, long revoked_serial, long next_s);

/* "FOLDER/FILE"; the pki keeps the text. */
const char *pki_path(struct pki *pki, const char *file);

#endif
