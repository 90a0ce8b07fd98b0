/* See program.h. */
#include "common/base/program.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

bool ov_program_is_in_build(void)
{
    static const char folder[] = OVERT_BUILD_FOLDER "/";
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program));
    return length >= (ssize_t)sizeof(folder) && memcmp(program, folder, sizeof(folder) - 1) == 0;
}
