/* A file, its mode, and an HMAC through OpenSSL. */
#include "server/vault/ledger_key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "common/base/bytes.h"
#include "common/base/file.h"
#include "common/base/secret.h"

#define KEY_BYTES 32u

struct ledger_key {
    struct ov_secret bytes;
};

enum ov_status ledger_key_make(const char *path, struct ov_error *err)
{
    struct ov_secret bytes = OV_SECRET_INIT;
    enum ov_status status = ov_secret_new(&bytes, KEY_BYTES);
    if (status != OV_OK)
        return ov_fail(err, status, "memory", "out of memory");
    ov_random(bytes.data, bytes.size);
    status = ov_file_write_new(path, 0600, bytes.data, bytes.size, err);
    ov_secret_free(&bytes);
    return status;
}

/* Ours alone, or somebody else's whose group may read it: nobody but the two can. */
static enum ov_status check_mode(const char *path, struct ov_error *err)
{
    struct stat info;
    if (lstat(path, &info) != 0 && errno == ENOENT)
        return ov_fail(err, OV_ERR_NOT_FOUND, "ledger.no_key",
                       "the ledger's key is not at %s: put it back, or in a new installation make "
                       "it with 'overtd ledger-key'; nothing was changed",
                       path);
    if (lstat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return ov_fail(err, OV_ERR_IO, "ledger.bad_key", "%s is not a file that can be read", path);
    mode_t too_open = info.st_uid == geteuid() ? 0077 : 0037;
    if ((info.st_mode & too_open) != 0)
        return ov_fail(err, OV_ERR_DENIED, "ledger.key_mode",
                       "%s is open to others (mode %04o): it may be the server's own (0600), or "
                       "another account's that the server's group reads (0640)",
                       path, (unsigned)(info.st_mode & 07777));
    return OV_OK;
}

enum ov_status ledger_key_load(const char *path, struct ledger_key **ret_key, struct ov_error *err)
{
    enum ov_status status = check_mode(path, err);
    if (status != OV_OK)
        return status;
    struct ledger_key *key = calloc(1, sizeof(*key));
    if (key == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    status = ov_file_read_secret(path, KEY_BYTES, &key->bytes, NULL);
    if (status != OV_OK || key->bytes.size != KEY_BYTES) {
        ledger_key_free(key);
        return ov_fail(err, OV_ERR_CRYPTO, "ledger.bad_key",
                       "%s is no ledger key, or cannot be read: it has %u bytes", path, KEY_BYTES);
    }
    *ret_key = key;
    return OV_OK;
}

void ledger_key_free(struct ledger_key *key)
{
    if (key == NULL)
        return;
    ov_secret_free(&key->bytes);
    free(key);
}

static enum ov_status digest(const struct ledger_key *key, const void *data, size_t size,
                             uint8_t ret[LEDGER_PSEUDONYM_BYTES], struct ov_error *err)
{
    uint8_t out[LEDGER_PSEUDONYM_BYTES];
    unsigned out_size = 0;
    if (HMAC(EVP_sha256(), key->bytes.data, (int)key->bytes.size, data, size, out, &out_size) ==
            NULL ||
        out_size != sizeof(out)) {
        ERR_clear_error();
        return ov_fail(err, OV_ERR_CRYPTO, "ledger.pseudonym", "a pseudonym cannot be computed");
    }
    memcpy(ret, out, sizeof(out));
    return OV_OK;
}

enum ov_status ledger_key_pseudonym(const struct ledger_key *key, const void *reference,
                                    size_t size, uint8_t ret[LEDGER_PSEUDONYM_BYTES],
                                    struct ov_error *err)
{
    if (size == 0)
        return ov_fail(err, OV_ERR_INVALID, "ledger.reference", "there is no reference");
    return digest(key, reference, size, ret, err);
}

enum ov_status ledger_key_image(const struct ledger_key *key, const void *image, size_t size,
                                uint8_t ret[LEDGER_IMAGE_BYTES], struct ov_error *err)
{
    static const char label[] = "\0overt ledger image v1"; /* its NUL goes with it */
    uint8_t input[sizeof(label) + SHA256_DIGEST_LENGTH];
    memcpy(input, label, sizeof(label));
    if (size == 0 ||
        EVP_Digest(image, size, input + sizeof(label), NULL, EVP_sha256(), NULL) != 1) {
        ERR_clear_error();
        return ov_fail(err, OV_ERR_CRYPTO, "ledger.image", "an image's digest cannot be computed");
    }
    enum ov_status status = digest(key, input, sizeof(input), ret, err);
    ov_wipe(input, sizeof(input));
    return status;
}

enum ov_status ledger_key_fingerprint(const struct ledger_key *key,
                                      uint8_t ret[LEDGER_PSEUDONYM_BYTES], struct ov_error *err)
{
    static const char text[] = "\0overt ledger key v1"; /* a reference holds no control bytes */
    return digest(key, text, sizeof(text) - 1, ret, err);
}
