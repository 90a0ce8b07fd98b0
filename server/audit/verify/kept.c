/* Where the newest checkpoint is kept. */
#include "server/audit/verify/kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"

static enum ov_status too_long(struct ov_error *err)
{
    return ov_fail(err, OV_ERR_LIMIT, "verify.keep", "the path of the kept checkpoint is too long");
}

/* $XDG_STATE_HOME, or ~/.local/state (XDG Base Directory Specification). */
static enum ov_status make_folder(char folder[KEPT_PATH_SIZE], struct ov_error *err)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    int length = 0;
    if (state != NULL && state[0] == '/')
        length = snprintf(folder, KEPT_PATH_SIZE, "%s/overt-verify", state);
    else if (home != NULL && home[0] == '/')
        length = snprintf(folder, KEPT_PATH_SIZE, "%s/.local/state/overt-verify", home);
    else
        return ov_fail(err, OV_ERR_INVALID, "verify.keep",
                       "there is no home folder; say where to keep the checkpoint with --keep, or "
                       "--no-keep");
    return length > 0 && length < KEPT_PATH_SIZE ? ov_dir_make(folder, 0700, err) : too_long(err);
}

enum ov_status kept_path(const char *given, uint32_t key_id, char ret[KEPT_PATH_SIZE],
                         struct ov_error *err)
{
    char folder[KEPT_PATH_SIZE];
    int length = 0;
    if (given != NULL) {
        length = snprintf(ret, KEPT_PATH_SIZE, "%s", given);
        return length > 0 && length < KEPT_PATH_SIZE ? OV_OK : too_long(err);
    }
    enum ov_status status = make_folder(folder, err);
    if (status != OV_OK)
        return status;
    length = snprintf(ret, KEPT_PATH_SIZE, "%s/%08x", folder, key_id);
    return length > 0 && length < KEPT_PATH_SIZE ? OV_OK : too_long(err);
}
