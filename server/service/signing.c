/* Statements and their signatures. Any thread. */
#include "server/service/signing.h"

#include <stdio.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "common/base/bytes.h"

/* --- the text --- */

static bool is_word(const char *text)
{
    size_t length = strlen(text);
    return length >= 1 &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/+@-") ==
               length;
}

void signing_begin(struct signing_statement *statement, const char *act)
{
    memset(statement, 0, sizeof(*statement));
    (void)snprintf(statement->text, sizeof(statement->text), "overt statement v1");
    signing_word(statement, "act", act);
}

void signing_word(struct signing_statement *statement, const char *key, const char *word)
{
    size_t used = strlen(statement->text);
    size_t room = sizeof(statement->text) - used;
    int wrote = is_word(key) && is_word(word)
                    ? snprintf(statement->text + used, room, "; %s=%s", key, word)
                    : -1;
    if (wrote < 0 || (size_t)wrote >= room)
        statement->failed = true;
}

void signing_int(struct signing_statement *statement, const char *key, int64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%lld", (long long)value);
    signing_word(statement, key, text);
}

void signing_id(struct signing_statement *statement, const char *key, const struct ov_id *id)
{
    char text[OV_ID_TEXT_SIZE];
    signing_word(statement, key, ov_id_format(id, text));
}

void signing_digest(struct signing_statement *statement, const char *key, const void *data,
                    size_t size)
{
    char text[2 * 64 + 1];
    if (size > 64)
        statement->failed = true;
    else
        signing_word(statement, key, ov_hex_encode(data, size, text));
}

/* --- the signature --- */

static bool is_p256(const EVP_PKEY *key)
{
    char group[32];
    size_t length = 0;
    return EVP_PKEY_is_a(key, "EC") == 1 &&
           EVP_PKEY_get_group_name(key, group, sizeof(group), &length) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

/* The two kinds of keys that sign: NULL for any other. */
static EVP_PKEY *signing_key(const struct actor *actor)
{
    const unsigned char *at = actor->key;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)actor->key_bytes);
    if (key == NULL || at != actor->key + actor->key_bytes ||
        (EVP_PKEY_is_a(key, "ED25519") != 1 && !is_p256(key))) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

/* ECDSA signs the SHA-256 of the text, Ed25519 the text itself. */
static bool verify(EVP_PKEY *key, const struct signature *given)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const EVP_MD *digest = EVP_PKEY_is_a(key, "ED25519") == 1 ? NULL : EVP_sha256();
    bool holds =
        ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, digest, NULL, key) == 1 &&
        EVP_DigestVerify(ctx, given->value, given->value_bytes,
                         (const unsigned char *)given->statement, strlen(given->statement)) == 1;
    EVP_MD_CTX_free(ctx);
    return holds;
}

static enum ov_status check_value(const struct actor *actor, const struct signature *given,
                                  struct ov_error *err)
{
    if (given->value_bytes < 1 || given->value_bytes > SIGNATURE_VALUE_MAX)
        return ov_fail(err, OV_ERR_DENIED, "signature.invalid",
                       "this is no signature: it has to have 1 to %d bytes", SIGNATURE_VALUE_MAX);
    ERR_clear_error();
    EVP_PKEY *key = signing_key(actor);
    enum ov_status status = OV_OK;
    if (key == NULL)
        status = ov_fail(err, OV_ERR_DENIED, "signature.key",
                         "the key of your certificate cannot sign; ask for a certificate with a "
                         "P-256 or Ed25519 key");
    else if (!verify(key, given))
        status = ov_fail(err, OV_ERR_DENIED, "signature.invalid",
                         "the signature is not that of your certificate's key over this "
                         "statement; sign it with the key of the certificate that you use here");
    EVP_PKEY_free(key);
    ERR_clear_error();
    return status;
}

enum ov_status signing_check(const struct actor *actor, const struct signing_statement *current,
                             const struct signature *given, struct ov_error *err)
{
    if (current->failed)
        return ov_fail(err, OV_ERR_INTERNAL, "signature.statement",
                       "the statement to be signed cannot be written");
    if (given == NULL || given->statement == NULL || given->value == NULL)
        return ov_fail(err, OV_ERR_INVALID, "signature.missing",
                       "this has to be signed; use overtctl, or sign the statement that the API "
                       "gives");
    if (strcmp(given->statement, current->text) != 0)
        return ov_fail(err, OV_ERR_CONFLICT, "signature.stale",
                       "what was signed is not what is there now; look at it again and sign anew");
    return check_value(actor, given, err);
}
