/* Signatures by the identity's key. The key is read for each and freed at once. Any thread. */
#include "server/ctl/sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "common/base/bytes.h"

#define SIGNATURE_MAX 128
#define DIGEST_BYTES 32

/* --- signing --- */

static bool is_p256(const EVP_PKEY *key)
{
    char group[32];
    size_t length = 0;
    return EVP_PKEY_is_a(key, "EC") == 1 &&
           EVP_PKEY_get_group_name(key, group, sizeof(group), &length) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

static int no_passphrase(char *out, int size, int writing, void *arg)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

static enum ov_status read_key(const struct identity *identity, EVP_PKEY **ret_key,
                               struct ov_error *err)
{
    FILE *file = fopen(identity->key, "re");
    EVP_PKEY *key = file == NULL ? NULL : PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
    if (file != NULL)
        (void)fclose(file);
    if (key == NULL)
        return ov_fail(err, OV_ERR_CRYPTO, "identity.key",
                       "%s is not a private key in PEM form without a passphrase", identity->key);
    if (EVP_PKEY_is_a(key, "ED25519") != 1 && !is_p256(key)) {
        EVP_PKEY_free(key);
        return ov_fail(err, OV_ERR_CRYPTO, "identity.key_kind",
                       "the key of your certificate cannot sign; ask for a certificate with a "
                       "P-256 or Ed25519 key");
    }
    *ret_key = key;
    return OV_OK;
}

static bool sign(EVP_PKEY *key, const char *text, unsigned char *out, size_t *out_size)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const EVP_MD *digest = EVP_PKEY_is_a(key, "ED25519") == 1 ? NULL : EVP_sha256();
    bool done = ctx != NULL && EVP_DigestSignInit(ctx, NULL, digest, NULL, key) == 1 &&
                EVP_DigestSign(ctx, out, out_size, (const unsigned char *)text, strlen(text)) == 1;
    EVP_MD_CTX_free(ctx);
    return done;
}

enum ov_status sign_statement(const struct identity *identity, const char *statement,
                              json_t **ret_signature, struct ov_error *err)
{
    EVP_PKEY *key = NULL;
    unsigned char value[SIGNATURE_MAX];
    size_t size = sizeof(value);
    enum ov_status status = read_key(identity, &key, err);
    if (status != OV_OK)
        return status;
    bool done = sign(key, statement, value, &size);
    EVP_PKEY_free(key);
    char *base64 = done ? ov_base64_encode(value, size) : NULL;
    json_t *signature =
        base64 != NULL ? json_pack("{ss ss}", "statement", statement, "value", base64) : NULL;
    free(base64);
    if (signature == NULL)
        return ov_fail(err, OV_ERR_CRYPTO, "identity.sign", "the statement could not be signed");
    *ret_signature = signature;
    return OV_OK;
}

/* --- what is signed --- */

static enum ov_status mismatch(struct ov_error *err)
{
    return ov_fail(err, OV_ERR_PROTOCOL, "statement.mismatch",
                   "the server shows something else than what it gives to be signed; sign nothing, "
                   "and tell your administrator");
}

static enum ov_status check_document(json_t *document, const char *statement, struct ov_error *err)
{
    const char *body = json_string_value(json_object_get(document, "body"));
    const char *digest = json_string_value(json_object_get(document, "digest"));
    unsigned char computed[DIGEST_BYTES];
    char hex[2 * DIGEST_BYTES + 1];
    if (body == NULL || digest == NULL ||
        EVP_Digest(body, strlen(body), computed, NULL, EVP_sha256(), NULL) != 1)
        return mismatch(err);
    (void)ov_hex_encode(computed, sizeof(computed), hex);
    if (strcmp(hex, digest) != 0 || strstr(statement, hex) == NULL)
        return mismatch(err);
    json_t *parsed = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
    const char *kind = json_string_value(json_object_get(document, "kind"));
    const char *own_kind = json_string_value(json_object_get(parsed, "kind"));
    if (kind == NULL || own_kind == NULL || strcmp(kind, own_kind) != 0) {
        json_decref(parsed);
        return mismatch(err);
    }
    return json_object_set_new(document, "json", parsed) == 0
               ? OV_OK
               : ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
}

enum ov_status sign_check_documents(json_t *to_sign, struct ov_error *err)
{
    const char *statement = json_string_value(json_object_get(to_sign, "statement"));
    json_t *documents = json_object_get(to_sign, "documents");
    if (statement == NULL || !json_is_array(documents))
        return mismatch(err);
    enum ov_status status = OV_OK;
    for (size_t i = 0; i < json_array_size(documents) && status == OV_OK; i++)
        status = check_document(json_array_get(documents, i), statement, err);
    return status;
}

json_t *sign_document(const json_t *to_sign, const char *kind)
{
    const json_t *documents = json_object_get(to_sign, "documents");
    for (size_t i = 0; i < json_array_size(documents); i++) {
        const json_t *document = json_array_get(documents, i);
        const char *its = json_string_value(json_object_get(document, "kind"));
        if (its != NULL && strcmp(its, kind) == 0)
            return json_object_get(document, "json");
    }
    return NULL;
}
