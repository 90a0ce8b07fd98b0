/* Paths from the environment that ctest sets, with defaults for runs by hand. */
#include "tests/bench/face/places.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *source_dir(void)
{
    const char *dir = getenv("OVERT_SOURCE_DIR");
    return dir != NULL ? dir : ".";
}

static bool in_deps(const char *name, char *out, size_t out_size)
{
    const char *deps = getenv("OVERT_DEPS");
    if (deps != NULL)
        (void)snprintf(out, out_size, "%s/%s", deps, name);
    else
        (void)snprintf(out, out_size, "%s/.deps/%s", source_dir(), name);
    return access(out, R_OK) == 0;
}

bool place_of_pack(char *out, size_t out_size)
{
    return in_deps("models/default", out, out_size);
}

bool place_of_photo(int number, char *out, size_t out_size)
{
    char name[64];
    (void)snprintf(name, sizeof name, "photos/sample%d.jpg", number);
    return in_deps(name, out, out_size);
}

bool place_of_data(const char *folder, char *out, size_t out_size)
{
    const char *data = getenv("OVERT_DATA");
    if (data != NULL)
        (void)snprintf(out, out_size, "%s/%s", data, folder);
    else
        (void)snprintf(out, out_size, "%s/../shared/data/%s", source_dir(), folder);
    return access(out, R_OK) == 0;
}
