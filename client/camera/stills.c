/* Stills. Runs on the camera's thread; reads files, never writes one. */
#include "client/camera/stills.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/file.h"

#define STILL_MAX_BYTES ((size_t)64 << 20)
#define STILLS_MAX 1000000

struct stills {
    char **paths;
    size_t count;
    size_t next;
    bool is_folder;
};

static bool is_jpeg_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && dot != name &&
           (strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0);
}

static int compare_paths(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;
    return strcmp(*left, *right); /* by bytes: the same order on every machine */
}

static enum ov_status add_path(struct stills *stills, size_t *capacity, const char *folder,
                               const char *name, struct ov_error *err)
{
    if (stills->count == STILLS_MAX)
        return ov_fail(err, OV_ERR_LIMIT, "source.too_many", "%s holds more than %d images", folder,
                       STILLS_MAX);
    if (stills->count == *capacity) {
        size_t grown = *capacity == 0 ? 64 : *capacity * 2;
        char **moved = realloc(stills->paths, grown * sizeof(*moved));
        if (moved == NULL)
            return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory listing %s", folder);
        stills->paths = moved;
        *capacity = grown;
    }
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory listing %s", folder);
    stills->paths[stills->count++] = path;
    return OV_OK;
}

static enum ov_status list_folder(struct stills *stills, const char *folder, struct ov_error *err)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return ov_fail(err, errno == ENOENT ? OV_ERR_NOT_FOUND : OV_ERR_IO, "source.folder",
                       "cannot open the folder %s: %s", folder, strerror(errno));
    size_t capacity = 0;
    enum ov_status status = OV_OK;
    struct dirent *entry = NULL;
    while (status == OV_OK && (entry = readdir(dir)) != NULL) {
        if (is_jpeg_name(entry->d_name))
            status = add_path(stills, &capacity, folder, entry->d_name, err);
    }
    (void)closedir(dir);
    if (status == OV_OK && stills->count == 0)
        return ov_fail(err, OV_ERR_NOT_FOUND, "source.no_images",
                       "the folder %s holds no JPEG images (*.jpg or *.jpeg)", folder);
    if (status == OV_OK)
        qsort(stills->paths, stills->count, sizeof(*stills->paths), compare_paths);
    return status;
}

enum ov_status stills_open_folder(const char *path, struct stills **ret_stills,
                                  struct ov_error *err)
{
    struct stills *stills = calloc(1, sizeof(*stills));
    if (stills == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    stills->is_folder = true;
    enum ov_status status = list_folder(stills, path, err);
    if (status != OV_OK) {
        stills_close(stills);
        return status;
    }
    *ret_stills = stills;
    return OV_OK;
}

enum ov_status stills_open_image(const char *path, struct stills **ret_stills, struct ov_error *err)
{
    struct stills *stills = calloc(1, sizeof(*stills));
    char **paths = calloc(1, sizeof(*paths));
    char *copy = strdup(path);
    if (stills == NULL || paths == NULL || copy == NULL) {
        free(copy);
        free(paths);
        free(stills);
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    }
    paths[0] = copy;
    stills->paths = paths;
    stills->count = 1;
    *ret_stills = stills;
    return OV_OK;
}

/* The same error, but by number instead of by name. */
static enum ov_status by_number(const struct stills *stills, const struct ov_error *cause,
                                struct ov_error *err)
{
    enum ov_status status = cause->status == OV_ERR_NOMEM ? OV_ERR_NOMEM : OV_ERR_INVALID;
    return ov_fail(err, status, cause->code[0] != '\0' ? cause->code : "source.image",
                   "image %zu of %zu (sorted by name) cannot be read as a JPEG and is left out",
                   stills->next, stills->count);
}

enum ov_status stills_next(struct stills *stills, struct ov_image *ret_image, struct ov_error *err)
{
    if (stills->next == stills->count)
        return OV_ERR_CLOSED;
    const char *path = stills->paths[stills->next++];
    struct ov_secret data = OV_SECRET_INIT;
    struct ov_error cause = OV_ERROR_INIT;
    struct ov_error *where = stills->is_folder ? &cause : err;
    enum ov_status status = ov_file_read_secret(path, STILL_MAX_BYTES, &data, where);
    if (status == OV_OK)
        status = ov_jpeg_decode(ret_image, data.data, data.size, 0, where);
    ov_secret_free(&data);
    if (status != OV_OK && stills->is_folder)
        return by_number(stills, &cause, err);
    return status;
}

void stills_close(struct stills *stills)
{
    if (stills == NULL)
        return;
    for (size_t i = 0; i < stills->count; i++)
        free(stills->paths[i]);
    free(stills->paths);
    free(stills);
}
