/* Checkpoints in and out. */
#include "server/audit/log/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void checkpoint_print(const struct checkpoint *checkpoint, struct ov_buf *out)
{
    char *root = ov_base64_encode(checkpoint->root.bytes, TREE_HASH_BYTES);
    if (root == NULL)
        out->failed = true;
    else
        ov_buf_printf(out, "%s\n%" PRIu64 "\n%s\n", checkpoint->origin, checkpoint->size, root);
    free(root);
}

enum ov_status checkpoint_sign(const struct checkpoint *checkpoint,
                               const struct note_signer *signer, struct ov_buf *out,
                               struct ov_error *err)
{
    struct ov_buf text = OV_BUF_INIT;
    checkpoint_print(checkpoint, &text);
    ov_buf_append(out, text.data, text.length);
    ov_buf_puts(out, "\n");
    enum ov_status status = text.failed ? ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory")
                                        : note_sign(signer, text.data, text.length, 0, out, err);
    ov_buf_free(&text);
    return status;
}

static enum ov_status bad_form(const char *what, struct ov_error *err)
{
    return ov_fail(err, OV_ERR_INVALID, "checkpoint.form", "this is no checkpoint: %s", what);
}

/* A number as it is printed: no sign, no leading zero. */
static bool read_size(const char *line, uint64_t *ret)
{
    int64_t value = 0;
    if (line[0] < '0' || line[0] > '9' || (line[0] == '0' && line[1] != '\0') ||
        ov_parse_i64(line, 0, INT64_MAX, &value) != OV_OK)
        return false;
    *ret = (uint64_t)value;
    return true;
}

static enum ov_status parse(char *text, struct checkpoint *ret, struct ov_error *err)
{
    size_t size = 0;
    char *rest = text;
    const char *origin = strsep(&rest, "\n");
    const char *number = strsep(&rest, "\n");
    const char *root = strsep(&rest, "\n");
    if (root == NULL || rest == NULL)
        return bad_form("it has fewer than three lines", err);
    size_t length = strlen(origin);
    if (length < 1 || length > NOTE_NAME_MAX)
        return bad_form("the first line is not a log's name", err);
    if (!read_size(number, &ret->size))
        return bad_form("the second line is not a number of events", err);
    if (ov_base64_decode(root, ret->root.bytes, TREE_HASH_BYTES, &size) != OV_OK ||
        size != TREE_HASH_BYTES)
        return bad_form("the third line is not a root of 32 bytes", err);
    memcpy(ret->origin, origin, length + 1);
    return OV_OK;
}

enum ov_status checkpoint_parse(const char *note, size_t size, struct checkpoint *ret,
                                struct ov_error *err)
{
    size_t text_size = size <= NOTE_SIZE_MAX ? note_text_size(note, size) : 0;
    if (text_size == 0 || memchr(note, '\0', size) != NULL)
        return bad_form("there is no empty line before the signatures", err);
    char *text = strndup(note, text_size);
    if (text == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    enum ov_status status = parse(text, ret, err);
    free(text);
    return status;
}

enum ov_status checkpoint_open(const char *note, size_t size, const struct note_key *log,
                               struct checkpoint *ret, struct ov_error *err)
{
    struct checkpoint checkpoint;
    enum ov_status status = checkpoint_parse(note, size, &checkpoint, err);
    if (status != OV_OK)
        return status;
    if (strcmp(checkpoint.origin, log->name) != 0)
        return ov_fail(err, OV_ERR_CRYPTO, "checkpoint.origin",
                       "the checkpoint is of the log \"%s\", not of \"%s\"", checkpoint.origin,
                       log->name);
    if (!note_is_signed(note, size, log, NULL))
        return ov_fail(err, OV_ERR_CRYPTO, "checkpoint.signature",
                       "the checkpoint is not signed with the log's key");
    *ret = checkpoint;
    return OV_OK;
}
