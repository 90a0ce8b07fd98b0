/* CMS through OpenSSL. */
#include "server/vault/envelope.h"

#include <stdlib.h>
#include <time.h>

#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "common/base/clock.h"

#define RSA_MIN_BITS 2048
#define EC_MIN_BITS 256

struct recipient {
    X509 *certificate;
    int key_type; /* EVP_PKEY_RSA or EVP_PKEY_EC */
    uint8_t digest[RECIPIENT_DIGEST_BYTES];
};

void recipient_free(struct recipient *recipient)
{
    if (recipient != NULL)
        X509_free(recipient->certificate);
    free(recipient);
}

const uint8_t *recipient_digest(const struct recipient *recipient)
{
    return recipient->digest;
}

static enum ov_status refuse(struct ov_error *err, const char *why)
{
    ERR_clear_error();
    return ov_fail(err, OV_ERR_INVALID, "evidence.recipient",
                   "the recipient's certificate cannot be used: %s", why);
}

static X509 *parse(const char *pem, size_t size)
{
    BIO *in = BIO_new_mem_buf(pem, (int)size);
    X509 *certificate = in != NULL ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
    char *name = NULL;
    char *header = NULL;
    unsigned char *data = NULL;
    long length = 0;
    /* A second one, or a key, was not meant to be sent here. */
    if (certificate != NULL && PEM_read_bio(in, &name, &header, &data, &length) == 1) {
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t)length);
        X509_free(certificate);
        certificate = NULL;
    }
    ERR_clear_error();
    BIO_free(in);
    return certificate;
}

static enum ov_status check_dates(const X509 *certificate, int64_t now_us, struct ov_error *err)
{
    time_t now = (time_t)(now_us / OV_US_PER_S);
    if (X509_cmp_time(X509_get0_notBefore(certificate), &now) != -1 ||
        X509_cmp_time(X509_get0_notAfter(certificate), &now) != 1)
        return refuse(err, "it is not valid today");
    return OV_OK;
}

/* Sets the key's type. */
static enum ov_status check_key(struct recipient *recipient, struct ov_error *err)
{
    const EVP_PKEY *key = X509_get0_pubkey(recipient->certificate);
    bool restricted = (X509_get_extension_flags(recipient->certificate) & EXFLAG_KUSAGE) != 0;
    uint32_t usage = X509_get_key_usage(recipient->certificate);
    recipient->key_type = key != NULL ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
    if (recipient->key_type == EVP_PKEY_RSA) {
        if (EVP_PKEY_get_bits(key) < RSA_MIN_BITS)
            return refuse(err, "its RSA key has less than 2048 bits");
        if (restricted && (usage & KU_KEY_ENCIPHERMENT) == 0)
            return refuse(err, "its key usage does not include keyEncipherment");
        return OV_OK;
    }
    if (recipient->key_type != EVP_PKEY_EC || EVP_PKEY_get_bits(key) < EC_MIN_BITS)
        return refuse(err, "its key is neither RSA nor on an elliptic curve of 256 bits or more");
    if (restricted && (usage & KU_KEY_AGREEMENT) == 0)
        return refuse(err, "its key usage does not include keyAgreement");
    return OV_OK;
}

enum ov_status recipient_read(const char *pem, size_t size, int64_t now_us, struct recipient **ret,
                              struct ov_error *err)
{
    unsigned digest_size = 0;
    if (size == 0 || size > RECIPIENT_PEM_MAX_BYTES)
        return refuse(err, "it is empty or too long");
    struct recipient *recipient = calloc(1, sizeof(*recipient));
    if (recipient == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    recipient->certificate = parse(pem, size);
    enum ov_status status = recipient->certificate != NULL
                                ? check_dates(recipient->certificate, now_us, err)
                                : refuse(err, "it is not one certificate in PEM and nothing else");
    if (status == OV_OK)
        status = check_key(recipient, err);
    if (status == OV_OK &&
        X509_digest(recipient->certificate, EVP_sha256(), recipient->digest, &digest_size) != 1)
        status = refuse(err, "it has no digest");
    if (status != OV_OK) {
        recipient_free(recipient);
        return status;
    }
    *ret = recipient;
    return OV_OK;
}

/* SHA-1 and PKCS #1 v1.5 are OpenSSL's own choice here, for the sake of old readers. */
static bool set_modern(CMS_RecipientInfo *info, int key_type)
{
    EVP_PKEY_CTX *ctx = CMS_RecipientInfo_get0_pkey_ctx(info);
    if (ctx == NULL)
        return false;
    if (key_type == EVP_PKEY_RSA)
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
               EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) > 0 &&
               EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) > 0;
    return EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, EVP_sha256()) > 0;
}

static CMS_ContentInfo *seal(const struct recipient *recipient, BIO *in)
{
    CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, EVP_aes_256_gcm(), CMS_BINARY | CMS_PARTIAL);
    CMS_RecipientInfo *info =
        cms != NULL ? CMS_add1_recipient_cert(cms, recipient->certificate, CMS_KEY_PARAM) : NULL;
    if (info != NULL && set_modern(info, recipient->key_type) &&
        CMS_final(cms, in, NULL, CMS_BINARY) == 1)
        return cms;
    CMS_ContentInfo_free(cms);
    return NULL;
}

enum ov_status envelope_seal(const struct recipient *recipient, const void *data, size_t size,
                             struct ov_secret *ret_file, struct ov_error *err)
{
    BIO *in = size > 0 && size <= INT32_MAX ? BIO_new_mem_buf(data, (int)size) : NULL;
    BIO *out = BIO_new(BIO_s_mem());
    CMS_ContentInfo *cms = in != NULL && out != NULL ? seal(recipient, in) : NULL;
    char *der = NULL;
    long length = cms != NULL && i2d_CMS_bio(out, cms) == 1 ? BIO_get_mem_data(out, &der) : 0;
    enum ov_status status = OV_OK;
    if (length <= 0 || ov_secret_copy(ret_file, der, (size_t)length) != OV_OK)
        status = ov_fail(err, OV_ERR_CRYPTO, "vault.envelope", "the file could not be sealed");
    ERR_clear_error();
    CMS_ContentInfo_free(cms);
    BIO_free(out);
    BIO_free(in);
    return status;
}
