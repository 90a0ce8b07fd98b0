/* Reading and replacing the file. */
#include "server/audit/sealer/kept.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"

enum ov_status kept_read(const char *path, const struct note_key *log, bool *ret_found,
                         struct checkpoint *ret, struct ov_error *err)
{
    struct ov_buf note = OV_BUF_INIT;
    *ret_found = access(path, F_OK) == 0;
    if (!*ret_found && errno == ENOENT)
        return OV_OK;
    enum ov_status status = ov_file_read(path, NOTE_SIZE_MAX, &note, err);
    if (status == OV_OK)
        status = checkpoint_open(note.data, note.length, log, ret, err);
    ov_buf_free(&note);
    return status;
}

enum ov_status kept_write(const char *path, const char *note, size_t size, struct ov_error *err)
{
    char beside[PATH_MAX];
    int length = snprintf(beside, sizeof(beside), "%s.new", path);
    if (length < 0 || length >= PATH_MAX)
        return ov_fail(err, OV_ERR_LIMIT, "sealer.state", "the state file's path is too long");
    (void)unlink(beside); /* of a run that ended between the two steps */
    enum ov_status status = ov_file_write_new(beside, 0600, note, size, err);
    if (status == OV_OK && rename(beside, path) != 0)
        status =
            ov_fail(err, OV_ERR_IO, "sealer.state", "cannot replace %s: %s", path, strerror(errno));
    return status;
}
