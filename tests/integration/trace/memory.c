/* /proc/PID/maps names the mappings, /proc/PID/mem has their bytes. */
#include "tests/integration/trace/memory.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/secret.h"

#define BLOCK_BYTES ((size_t)4 << 20)
#define OVERLAP_BYTES ((size_t)4096) /* a needle across two blocks is found, too */

static int open_mem(pid_t pid)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
    return open(path, O_RDONLY | O_CLOEXEC);
}

bool memory_can_read(pid_t pid)
{
    int fd = open_mem(pid);
    if (fd < 0)
        return false;
    (void)close(fd);
    return true;
}

/* Pages that were never touched read as zeros and cost time only: they are skipped. */
static bool is_empty(const uint8_t *data, size_t size)
{
    return size == 0 || (data[0] == 0 && memcmp(data, data + 1, size - 1) == 0);
}

static long long search_mapping(int mem, const char *where, uint64_t from, uint64_t to,
                                uint8_t *block, struct search *search)
{
    long long searched = 0;
    for (uint64_t at = from; at < to; at += BLOCK_BYTES) {
        size_t wanted =
            to - at < BLOCK_BYTES + OVERLAP_BYTES ? to - at : BLOCK_BYTES + OVERLAP_BYTES;
        ssize_t got = pread(mem, block, wanted, (off_t)at);
        if (got <= 0)
            continue;
        if (!is_empty(block, (size_t)got))
            search_block(search, where, block, (size_t)got);
        searched += got;
    }
    return searched;
}

/* AddressSanitizer's shadow is terabytes of nothing. */
#define MAPPING_MAX_BYTES (UINT64_C(4) << 30)

long long memory_search(pid_t pid, struct search *search)
{
    char path[64];
    char line[1024];
    long long searched = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "re");
    int mem = open_mem(pid);
    uint8_t *block = malloc(BLOCK_BYTES + OVERLAP_BYTES);
    while (maps != NULL && mem >= 0 && block != NULL && fgets(line, sizeof(line), maps) != NULL) {
        uint64_t from = 0;
        uint64_t to = 0;
        char mode[5] = "";
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &from, &to, mode) == 3 && mode[0] == 'r' &&
            mode[1] == 'w' && to - from <= MAPPING_MAX_BYTES)
            searched += search_mapping(mem, line, from, to, block, search);
    }
    if (block != NULL)
        ov_wipe(block, BLOCK_BYTES + OVERLAP_BYTES);
    free(block);
    if (mem >= 0)
        (void)close(mem);
    if (maps != NULL)
        (void)fclose(maps);
    return searched;
}
