/* The installation key as a file. */
#include "server/vault/wrapper.h"

#include "common/base/bytes.h"
#include "common/base/file.h"

static enum ov_status wrap_with_key(const struct wrapper *self, struct seal_context context,
                                    const void *data, size_t size, uint8_t *out)
{
    return seal_close(self->key.data, context, data, size, out);
}

static enum ov_status unwrap_with_key(const struct wrapper *self, struct seal_context context,
                                      const uint8_t *wrapped, size_t size, uint8_t *out)
{
    return seal_open(self->key.data, context, wrapped, size, out);
}

enum ov_status wrapper_make_file(const char *path, struct ov_error *err)
{
    struct ov_secret key = OV_SECRET_INIT;
    enum ov_status status = ov_secret_new(&key, SEAL_KEY_BYTES);
    if (status != OV_OK)
        return ov_fail(err, status, "memory", "out of memory");
    ov_random(key.data, key.size);
    status = ov_file_write_new(path, 0600, key.data, key.size, err);
    ov_secret_free(&key);
    return status;
}

enum ov_status wrapper_open_file(const char *path, struct wrapper *ret, struct ov_error *err)
{
    enum ov_status status = ov_file_check_private(path, err);
    struct ov_secret key = OV_SECRET_INIT;
    if (status == OV_OK)
        status = ov_file_read_secret(path, SEAL_KEY_BYTES, &key, err);
    if (status == OV_OK && key.size != SEAL_KEY_BYTES)
        status = ov_fail(err, OV_ERR_CRYPTO, "vault.bad_key",
                         "%s is no installation key: it has %zu bytes, not %u", path, key.size,
                         SEAL_KEY_BYTES);
    if (status != OV_OK) {
        ov_secret_free(&key);
        return status;
    }
    *ret = (struct wrapper){.wrap = wrap_with_key, .unwrap = unwrap_with_key, .key = key};
    return OV_OK;
}

void wrapper_done(struct wrapper *wrapper)
{
    ov_secret_free(&wrapper->key);
}
