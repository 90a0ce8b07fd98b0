/* Reading and replacing the file. */
#include "server/audit/sealer/kept.h"

#include <errno.h>
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
