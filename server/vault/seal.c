/* AES-256-GCM through OpenSSL's EVP. */
#include "server/vault/seal.h"

#include <limits.h>
#include <stdbool.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "common/base/bytes.h"
#include "common/base/secret.h"

#define SEAL_VERSION 1u

static bool encrypt(EVP_CIPHER_CTX *ctx, const uint8_t *key, struct seal_context context,
                    const void *data, size_t size, uint8_t *out)
{
    const uint8_t *nonce = out + 1;
    uint8_t *ciphertext = out + 1 + SEAL_NONCE_BYTES;
    uint8_t *tag = ciphertext + size;
    int length = 0;
    return EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
           EVP_EncryptUpdate(ctx, NULL, &length, context.data, (int)context.size) == 1 &&
           (size == 0 || EVP_EncryptUpdate(ctx, ciphertext, &length, data, (int)size) == 1) &&
           EVP_EncryptFinal_ex(ctx, tag, &length) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)SEAL_TAG_BYTES, tag) == 1;
}

static bool decrypt(EVP_CIPHER_CTX *ctx, const uint8_t *key, struct seal_context context,
                    const uint8_t *sealed, size_t data_size, uint8_t *out)
{
    const uint8_t *nonce = sealed + 1;
    const uint8_t *ciphertext = sealed + 1 + SEAL_NONCE_BYTES;
    uint8_t tag[SEAL_TAG_BYTES];
    uint8_t end[SEAL_TAG_BYTES];
    int length = 0;
    for (size_t i = 0; i < SEAL_TAG_BYTES; i++)
        tag[i] = ciphertext[data_size + i];
    return EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
           EVP_DecryptUpdate(ctx, NULL, &length, context.data, (int)context.size) == 1 &&
           (data_size == 0 ||
            EVP_DecryptUpdate(ctx, out, &length, ciphertext, (int)data_size) == 1) &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)SEAL_TAG_BYTES, tag) == 1 &&
           EVP_DecryptFinal_ex(ctx, end, &length) == 1;
}

enum ov_status seal_close(const uint8_t key[SEAL_KEY_BYTES], struct seal_context context,
                          const void *data, size_t size, uint8_t *out)
{
    if (size > INT_MAX - SEAL_OVERHEAD_BYTES || context.size > INT_MAX)
        return OV_ERR_LIMIT;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL)
        return OV_ERR_NOMEM;
    out[0] = SEAL_VERSION;
    ov_random(out + 1, SEAL_NONCE_BYTES);
    bool fine = encrypt(ctx, key, context, data, size, out);
    EVP_CIPHER_CTX_free(ctx); /* cleanses the key schedule */
    if (!fine)
        ERR_clear_error();
    return fine ? OV_OK : OV_ERR_CRYPTO;
}

enum ov_status seal_open(const uint8_t key[SEAL_KEY_BYTES], struct seal_context context,
                         const uint8_t *sealed, size_t size, uint8_t *out)
{
    if (size < SEAL_OVERHEAD_BYTES || sealed[0] != SEAL_VERSION)
        return OV_ERR_CRYPTO;
    if (size > INT_MAX || context.size > INT_MAX)
        return OV_ERR_LIMIT;
    size_t data_size = size - SEAL_OVERHEAD_BYTES;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL)
        return OV_ERR_NOMEM;
    bool fine = decrypt(ctx, key, context, sealed, data_size, out);
    EVP_CIPHER_CTX_free(ctx);
    if (fine)
        return OV_OK;
    ov_wipe(out, data_size); /* GCM hands out plaintext before it has checked the tag */
    ERR_clear_error();
    return OV_ERR_CRYPTO;
}
