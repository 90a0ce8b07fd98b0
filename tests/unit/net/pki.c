/* See pki.h. */
#include "tests/unit/net/pki.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define PATHS_MAX 64

struct pki {
    char folder[64];
    EVP_PKEY *key;
    X509 *cert;
    long last_serial;
    char *paths[PATHS_MAX];
    size_t path_count;
};

static void need(bool fine, const char *what)
{
    if (fine)
        return;
    (void)fprintf(stderr, "pki: %s failed\n", what);
    abort();
}

const char *pki_path(struct pki *pki, const char *file)
{
    char *path = NULL;
    need(asprintf(&path, "%s/%s", pki->folder, file) > 0, "asprintf");
    for (size_t i = 0; i < pki->path_count; i++) {
        if (strcmp(pki->paths[i], path) == 0) {
            free(path);
            return pki->paths[i];
        }
    }
    need(pki->path_count < PATHS_MAX, "room for paths");
    pki->paths[pki->path_count++] = path;
    return path;
}

static FILE *create(struct pki *pki, const char *stem, const char *suffix)
{
    char file[64];
    (void)snprintf(file, sizeof(file), "%s%s", stem, suffix);
    (void)umask(077);
    FILE *out = fopen(pki_path(pki, file), "w");
    need(out != NULL, "fopen");
    return out;
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    need(extension != NULL && X509_add_ext(cert, extension, -1) == 1, value);
    X509_EXTENSION_free(extension);
}

static X509 *new_cert(const char *name, EVP_PKEY *key, long serial, long not_before_s,
                      long not_after_s)
{
    X509 *cert = X509_new();
    need(cert != NULL && X509_set_version(cert, X509_VERSION_3) == 1 &&
             ASN1_INTEGER_set(X509_get_serialNumber(cert), serial) == 1 &&
             X509_gmtime_adj(X509_getm_notBefore(cert), not_before_s) != NULL &&
             X509_gmtime_adj(X509_getm_notAfter(cert), not_after_s) != NULL &&
             X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                                        (const unsigned char *)name, -1, -1, 0) == 1 &&
             X509_set_pubkey(cert, key) == 1,
         "certificate");
    return cert;
}

static void make_ca(struct pki *pki, const char *name)
{
    pki->key = EVP_EC_gen("P-256");
    pki->cert = new_cert(name, pki->key, 1, -3600, 86400);
    need(X509_set_issuer_name(pki->cert, X509_get_subject_name(pki->cert)) == 1, "issuer");
    add_extension(pki->cert, pki->cert, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(pki->cert, pki->cert, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(pki->cert, pki->cert, NID_subject_key_identifier, "hash");
    need(X509_sign(pki->cert, pki->key, EVP_sha256()) > 0, "X509_sign");
    FILE *out = create(pki, "ca", ".crt");
    need(PEM_write_X509(out, pki->cert) == 1, "PEM_write_X509");
    (void)fclose(out);
}

struct pki *pki_new(const char *ca_name)
{
    struct pki *pki = calloc(1, sizeof(*pki));
    need(pki != NULL, "calloc");
    (void)snprintf(pki->folder, sizeof(pki->folder), "/tmp/overt-pki-XXXXXX");
    need(mkdtemp(pki->folder) != NULL, "mkdtemp");
    pki->last_serial = 0xa0; /* so that the hex has letters */
    make_ca(pki, ca_name);
    return pki;
}

long pki_issue(struct pki *pki, const struct pki_subject *subject)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    long serial = ++pki->last_serial;
    X509 *cert = new_cert(subject->name, key, serial,
                          subject->not_before_s != 0 ? subject->not_before_s : -3600,
                          subject->not_after_s != 0 ? subject->not_after_s : 3600);
    need(X509_set_issuer_name(cert, X509_get_subject_name(pki->cert)) == 1, "issuer");
    add_extension(cert, pki->cert, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(cert, pki->cert, NID_key_usage, "critical,digitalSignature");
    if (subject->eku != NULL)
        add_extension(cert, pki->cert, NID_ext_key_usage, subject->eku);
    if (subject->san != NULL)
        add_extension(cert, pki->cert, NID_subject_alt_name, subject->san);
    need(X509_sign(cert, pki->key, EVP_sha256()) > 0, "X509_sign");
    FILE *out = create(pki, subject->name, ".crt");
    need(PEM_write_X509(out, cert) == 1, "PEM_write_X509");
    (void)fclose(out);
    out = create(pki, subject->name, ".key");
    need(PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1, "PEM_write_PrivateKey");
    (void)fclose(out);
    X509_free(cert);
    EVP_PKEY_free(key);
    return serial;
}

static void add_revoked(X509_CRL *crl, long serial)
{
    X509_REVOKED *revoked = X509_REVOKED_new();
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    ASN1_TIME *when = X509_gmtime_adj(NULL, -60);
    need(revoked != NULL && number != NULL && when != NULL &&
             ASN1_INTEGER_set(number, serial) == 1 &&
             X509_REVOKED_set_serialNumber(revoked, number) == 1 &&
             X509_REVOKED_set_revocationDate(revoked, when) == 1 &&
             X509_CRL_add0_revoked(crl, revoked) == 1,
         "revocation");
    ASN1_INTEGER_free(number);
    ASN1_TIME_free(when);
}

void pki_write_crl(struct pki *pki, const char *file, long revoked_serial, long next_s)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *last = X509_gmtime_adj(NULL, -3600);
    ASN1_TIME *next = X509_gmtime_adj(NULL, next_s);
    need(crl != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
             X509_CRL_set_issuer_name(crl, X509_get_subject_name(pki->cert)) == 1 &&
             X509_CRL_set1_lastUpdate(crl, last) == 1 && X509_CRL_set1_nextUpdate(crl, next) == 1,
         "CRL");
    if (revoked_serial != 0)
        add_revoked(crl, revoked_serial);
    need(X509_CRL_sort(crl) == 1 && X509_CRL_sign(crl, pki->key, EVP_sha256()) > 0, "CRL sign");
    FILE *out = create(pki, file, "");
    need(PEM_write_X509_CRL(out, crl) == 1, "PEM_write_X509_CRL");
    (void)fclose(out);
    ASN1_TIME_free(last);
    ASN1_TIME_free(next);
    X509_CRL_free(crl);
}

void pki_free(struct pki *pki)
{
    if (pki == NULL)
        return;
    for (size_t i = 0; i < pki->path_count; i++) {
        (void)unlink(pki->paths[i]);
        free(pki->paths[i]);
    }
    (void)rmdir(pki->folder);
    X509_free(pki->cert);
    EVP_PKEY_free(pki->key);
    free(pki);
}
