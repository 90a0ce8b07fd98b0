/* A sorted array of what earlier runs did; this run's is only appended to the file. */
#include "server/ctl/import_state.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "common/base/bytes.h"
#include "common/base/file.h"

#define MAGIC "overt-import-state 1 "
#define KEY_BYTES ((size_t)32)
#define ID_CHARS 36u
#define HEADER_CHARS (sizeof(MAGIC) - 1 + ID_CHARS + 1 + 2 * KEY_BYTES + 1)
#define LINE_CHARS (2 * (size_t)IMPORT_DIGEST_BYTES + 1)
#define FILE_MAX_BYTES (HEADER_CHARS + 4 * IMPORT_ROWS_MAX * LINE_CHARS)

struct import_state {
    int fd;
    pthread_mutex_t lock; /* of the next two and of writing */
    off_t size;
    bool failed;
    uint8_t key[KEY_BYTES];
    uint8_t (*done)[IMPORT_DIGEST_BYTES]; /* sorted */
    size_t count;
};

static enum ov_status write_all(int fd, const char *text, size_t size, struct ov_error *err)
{
    ssize_t written = write(fd, text, size);
    if (written == (ssize_t)size)
        return OV_OK;
    return ov_fail(err, OV_ERR_IO, "state.write",
                   "the import's state cannot be written (%s); make room and give the same command "
                   "again: it goes on where it was",
                   written < 0 ? strerror(errno) : "no space left");
}

static void hex(const uint8_t *bytes, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool unhex(const char *text, size_t size, uint8_t *out)
{
    for (size_t i = 0; i < size; i++) {
        int high = digit_of(text[2 * i]);
        int low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static int by_digest(const void *left, const void *right)
{
    return memcmp(left, right, IMPORT_DIGEST_BYTES);
}

/* --- opening --- */

static enum ov_status make(struct import_state *state, const char *deployment_id,
                           struct ov_error *err)
{
    char header[HEADER_CHARS + 1];
    char key[2 * KEY_BYTES + 1] = "";
    ov_random(state->key, sizeof(state->key));
    hex(state->key, sizeof(state->key), key);
    (void)snprintf(header, sizeof(header), MAGIC "%s %s\n", deployment_id, key);
    enum ov_status status = write_all(state->fd, header, HEADER_CHARS, err);
    if (status != OV_OK)
        (void)!ftruncate(state->fd, 0); /* half a header would be damage */
    return status;
}

static enum ov_status read_lines(struct import_state *state, const char *text, size_t size,
                                 struct ov_error *err)
{
    size_t lines = (size - HEADER_CHARS) / LINE_CHARS; /* half a line, of a run cut off, is none */
    state->done = calloc(lines + 1, IMPORT_DIGEST_BYTES);
    if (state->done == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    for (size_t i = 0; i < lines; i++) {
        const char *line = text + HEADER_CHARS + i * LINE_CHARS;
        if (line[LINE_CHARS - 1] != '\n' ||
            !unhex(line, IMPORT_DIGEST_BYTES, state->done[state->count]))
            return OV_ERR_INVALID;
        state->count++;
    }
    qsort(state->done, state->count, IMPORT_DIGEST_BYTES, by_digest);
    if (ftruncate(state->fd, (off_t)(HEADER_CHARS + lines * LINE_CHARS)) != 0)
        return ov_fail(err, OV_ERR_IO, "state.write", "the import's state cannot be cut: %s",
                       strerror(errno));
    return OV_OK;
}

static enum ov_status take_up(struct import_state *state, const char *path,
                              const char *deployment_id, struct ov_error *err)
{
    struct ov_secret file = OV_SECRET_INIT;
    enum ov_status status = ov_file_read_secret(path, FILE_MAX_BYTES, &file, err);
    if (status != OV_OK)
        return status;
    const char *text = (const char *)file.data;
    size_t magic = sizeof(MAGIC) - 1;
    bool good = file.size >= HEADER_CHARS && memcmp(text, MAGIC, magic) == 0 &&
                text[HEADER_CHARS - 1] == '\n' &&
                unhex(text + magic + ID_CHARS + 1, KEY_BYTES, state->key);
    if (good && memcmp(text + magic, deployment_id, ID_CHARS) != 0)
        status = ov_fail(err, OV_ERR_CONFLICT, "state.other",
                         "%s is the state of an import into another deployment; name another "
                         "report",
                         path);
    if (status == OV_OK)
        status = good ? read_lines(state, text, file.size, err) : OV_ERR_INVALID;
    if (status == OV_ERR_INVALID)
        status = ov_fail(err, status, "state.damaged",
                         "%s is damaged; remove it to begin again: nothing is added twice", path);
    ov_secret_free(&file);
    return status;
}

static enum ov_status open_file(struct import_state *state, const char *path, bool *ret_has,
                                struct ov_error *err)
{
    struct stat info;
    state->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (state->fd < 0 || fstat(state->fd, &info) != 0)
        return ov_fail(err, OV_ERR_IO, "state.open", "cannot open the import's state %s: %s", path,
                       strerror(errno));
    if (flock(state->fd, LOCK_EX | LOCK_NB) != 0)
        return ov_fail(err, OV_ERR_CONFLICT, "state.busy",
                       "another import is using %s; wait until it has ended", path);
    *ret_has = info.st_size > 0;
    return OV_OK;
}

enum ov_status import_state_open(const char *path, const char *deployment_id,
                                 struct import_state **ret_state, bool *ret_resumed,
                                 struct ov_error *err)
{
    struct import_state *state = calloc(1, sizeof(*state));
    bool has = false;
    if (state == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    state->fd = -1;
    (void)pthread_mutex_init(&state->lock, NULL);
    enum ov_status status = open_file(state, path, &has, err);
    if (status == OV_OK)
        status = has ? take_up(state, path, deployment_id, err) : make(state, deployment_id, err);
    if (status == OV_OK)
        state->size = (off_t)(HEADER_CHARS + state->count * LINE_CHARS);
    if (status != OV_OK) {
        import_state_close(state);
        return status;
    }
    *ret_state = state;
    *ret_resumed = has;
    return OV_OK;
}

void import_state_close(struct import_state *state)
{
    if (state == NULL)
        return;
    if (state->fd >= 0)
        (void)close(state->fd);
    (void)pthread_mutex_destroy(&state->lock);
    ov_wipe(state->key, sizeof(state->key));
    free(state->done);
    free(state);
}

/* --- rows --- */

enum ov_status import_state_digest(const struct import_state *state, const struct import_row *row,
                                   const struct ov_secret *image,
                                   uint8_t ret_digest[IMPORT_DIGEST_BYTES], struct ov_error *err)
{
    /* Of one length each, so that no two rows run into the same bytes. */
    uint8_t parts[IMPORT_FIELDS + 1][SHA256_DIGEST_LENGTH] = {{0}};
    uint8_t mac[SHA256_DIGEST_LENGTH];
    unsigned size = sizeof(mac);
    for (int field = 0; field < IMPORT_FIELDS; field++)
        if (field != IMPORT_IMAGE && row->fields[field] != NULL) /* its name does not matter */
            SHA256((const uint8_t *)row->fields[field], strlen(row->fields[field]), parts[field]);
    SHA256(image->data, image->size, parts[IMPORT_FIELDS]);
    bool good = HMAC(EVP_sha256(), state->key, (int)sizeof(state->key), (const uint8_t *)parts,
                     sizeof(parts), mac, &size) != NULL;
    ov_wipe(parts, sizeof(parts));
    if (!good)
        return ov_fail(err, OV_ERR_CRYPTO, "state.digest", "a row's digest cannot be computed");
    memcpy(ret_digest, mac, IMPORT_DIGEST_BYTES);
    return OV_OK;
}

bool import_state_has(const struct import_state *state, const uint8_t digest[IMPORT_DIGEST_BYTES])
{
    return state->count > 0 &&
           bsearch(digest, state->done, state->count, IMPORT_DIGEST_BYTES, by_digest) != NULL;
}

enum ov_status import_state_add(struct import_state *state,
                                const uint8_t digest[IMPORT_DIGEST_BYTES], struct ov_error *err)
{
    char line[LINE_CHARS];
    hex(digest, IMPORT_DIGEST_BYTES, line);
    line[LINE_CHARS - 1] = '\n';
    (void)pthread_mutex_lock(&state->lock);
    enum ov_status status =
        state->failed ? ov_fail(err, OV_ERR_IO, "state.write", "the import's state is not written")
                      : write_all(state->fd, line, sizeof(line), err);
    if (status == OV_OK)
        state->size += (off_t)sizeof(line);
    else if (!state->failed)
        (void)!ftruncate(state->fd, state->size); /* no half line in the middle of the file */
    state->failed = status != OV_OK;
    (void)pthread_mutex_unlock(&state->lock);
    return status;
}
