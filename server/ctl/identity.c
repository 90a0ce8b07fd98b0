/* Our certificate, key and authority. Reads files once, at start; keeps no key in memory. */
#include "server/ctl/identity.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/file.h"

static enum ov_status join(const char *folder, const char *name, char *out, struct ov_error *err)
{
    int length = snprintf(out, PATH_MAX, "%s/%s", folder, name);
    if (length < 0 || length >= PATH_MAX)
        return ov_fail(err, OV_ERR_LIMIT, "identity.path",
                       "the identity folder's path is too long");
    if (access(out, R_OK) != 0)
        return ov_fail(err, OV_ERR_NOT_FOUND, "identity.missing",
                       "cannot read %s: the identity folder (--identity, OVERT_IDENTITY) holds "
                       "cert.pem, key.pem and ca.pem; your administrator issues it with "
                       "'deploy/pki person'",
                       out);
    return OV_OK;
}

static bool read_time(const ASN1_TIME *time, int64_t *ret_us)
{
    struct tm parts;
    memset(&parts, 0, sizeof(parts));
    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return false;
    *ret_us = (int64_t)timegm(&parts) * OV_US_PER_S;
    return true;
}

static enum ov_status read_certificate(struct identity *identity, struct ov_error *err)
{
    FILE *file = fopen(identity->cert, "re");
    X509 *cert = file == NULL ? NULL : PEM_read_X509(file, NULL, NULL, NULL);
    if (file != NULL)
        (void)fclose(file);
    bool good = cert != NULL && read_time(X509_get0_notBefore(cert), &identity->not_before_us) &&
                read_time(X509_get0_notAfter(cert), &identity->not_after_us);
    X509_free(cert);
    if (!good)
        return ov_fail(err, OV_ERR_CRYPTO, "identity.cert", "%s is not a certificate in PEM form",
                       identity->cert);
    return OV_OK;
}

enum ov_status identity_open(const char *folder, struct identity *ret, struct ov_error *err)
{
    memset(ret, 0, sizeof(*ret));
    enum ov_status status = join(folder, "cert.pem", ret->cert, err);
    if (status == OV_OK)
        status = join(folder, "key.pem", ret->key, err);
    if (status == OV_OK)
        status = join(folder, "ca.pem", ret->ca, err);
    if (status == OV_OK)
        status = ov_file_check_private(ret->key, err);
    if (status == OV_OK)
        status = read_certificate(ret, err);
    return status;
}
