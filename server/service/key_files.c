/* The vault's folder is read first, then the owners are asked for: a key that is made meanwhile is
 * not looked at, one whose owner goes meanwhile is seen as what it then is. */
#include "server/service/key_files.h"

#include <stdlib.h>
#include <string.h>

#include "server/service/service.h"
#include "server/store/erasures.h"

struct files {
    struct vault_file *rows;
    size_t count;
    size_t capacity;
};

static enum ov_status add_file(void *ctx, const struct vault_file *file)
{
    struct files *files = ctx;
    if (files->count == files->capacity) {
        size_t capacity = files->capacity * 2 + 64;
        struct vault_file *rows = realloc(files->rows, capacity * sizeof(*rows));
        if (rows == NULL)
            return OV_ERR_NOMEM;
        files->rows = rows;
        files->capacity = capacity;
    }
    files->rows[files->count++] = *file;
    return OV_OK;
}

static int by_owner(const void *a, const void *b)
{
    const struct vault_file *left = a;
    const struct vault_file *right = b;
    if (left->is_key != right->is_key)
        return left->is_key ? -1 : 1; /* the strange ones last */
    return memcmp(left->owner.bytes, right->owner.bytes, OV_ID_BYTES);
}

/* A part of the sorted files, and what their owners were found to be. */
struct part {
    const struct vault_file *files;
    enum key_file_kind kinds[KEY_OWNERS_MAX];
    size_t count;
};

static int by_id(const void *id, const void *file)
{
    return memcmp(((const struct ov_id *)id)->bytes, ((const struct vault_file *)file)->owner.bytes,
                  OV_ID_BYTES);
}

static enum ov_status on_owner(void *ctx, const struct key_owner *owner)
{
    struct part *part = ctx;
    const struct vault_file *file =
        bsearch(&owner->id, part->files, part->count, sizeof(*part->files), by_id);
    if (file != NULL)
        part->kinds[file - part->files] = owner->may_have_key ? KEY_FILE_OWNED : KEY_FILE_PAST;
    return OV_OK;
}

static enum ov_status judge(struct service *service, enum vault_class class_id, struct part *part,
                            struct ov_error *err)
{
    struct ov_id ids[KEY_OWNERS_MAX];
    for (size_t i = 0; i < part->count; i++) {
        ids[i] = part->files[i].owner;
        part->kinds[i] = KEY_FILE_WITHOUT_OWNER;
    }
    enum key_owner_kind kind = class_id == VAULT_WATCHLIST ? KEY_OWNER_DEPLOYMENT : KEY_OWNER_ALERT;
    return store_key_owners(service->store, kind, ids, part->count, on_owner, part, err);
}

static size_t keys_from(const struct files *files, size_t from)
{
    size_t count = 0;
    while (from + count < files->count && files->rows[from + count].is_key &&
           count < KEY_OWNERS_MAX)
        count++;
    return count;
}

static enum ov_status hand_out(struct service *service, enum vault_class class_id,
                               const struct files *files,
                               enum ov_status (*on_file)(void *ctx, const struct vault_file *file,
                                                         enum key_file_kind kind),
                               void *ctx, struct ov_error *err)
{
    enum ov_status status = OV_OK;
    size_t at = 0;
    while (at < files->count && files->rows[at].is_key && status == OV_OK) {
        struct part part = {.files = files->rows + at, .count = keys_from(files, at)};
        status = judge(service, class_id, &part, err);
        for (size_t i = 0; i < part.count && status == OV_OK; i++)
            status = on_file(ctx, &part.files[i], part.kinds[i]);
        at += part.count;
    }
    for (; at < files->count && status == OV_OK; at++)
        status = on_file(ctx, &files->rows[at], KEY_FILE_STRANGE);
    return status;
}

enum ov_status key_files_each(struct service *service, enum vault_class class_id,
                              enum ov_status (*on_file)(void *ctx, const struct vault_file *file,
                                                        enum key_file_kind kind),
                              void *ctx, struct ov_error *err)
{
    struct files files = {.count = 0};
    enum ov_status status = vault_each_file(service->vault, class_id, add_file, &files, err);
    if (status == OV_ERR_NOMEM)
        status = ov_fail(err, status, "memory", "out of memory");
    if (status == OV_OK && files.count > 0) {
        qsort(files.rows, files.count, sizeof(*files.rows), by_owner);
        status = hand_out(service, class_id, &files, on_file, ctx, err);
    }
    free(files.rows);
    return status;
}
