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
#define OVERLAP_BYTES ((size_t)MEMORY_RUN_BYTES) /* a run across two blocks is found, too */
/* AddressSanitizer's shadow is terabytes of nothing. */
#define MAPPING_MAX_BYTES (UINT64_C(4) << 30)
#define HITS_SHOWN 5

#define PLACES_MAX 2048
#define FILTER_BITS (1u << 24) /* few others pass */

/* The four bytes at which a run may begin, and a filter that says quickly of almost any others that
 * they are none of these. */
struct beginnings {
    struct place {
        uint32_t key;
        const uint8_t *at;
        const char *name;
    } places[PLACES_MAX];
    size_t count;
    uint8_t filter[FILTER_BITS / 8];
};

static uint32_t hash_of(uint32_t key)
{
    return (key * UINT32_C(0x9e3779b1)) >> 8;
}

static void add_form(struct beginnings *beginnings, const struct memory_form *form)
{
    for (size_t at = 0; at + MEMORY_RUN_BYTES <= form->size; at += form->step) {
        struct place *place = &beginnings->places[beginnings->count];
        if (beginnings->count == PLACES_MAX)
            abort();
        memcpy(&place->key, form->bytes + at, sizeof(place->key));
        if (place->key == 0)
            continue; /* would be everywhere */
        place->at = form->bytes + at;
        place->name = form->name;
        beginnings->count++;
        uint32_t hash = hash_of(place->key);
        beginnings->filter[hash / 8] |= (uint8_t)(1u << (hash % 8));
    }
}

static const struct place *find_place(const struct beginnings *beginnings, const uint8_t *bytes)
{
    uint32_t key = 0;
    memcpy(&key, bytes, sizeof(key));
    for (size_t i = 0; i < beginnings->count; i++)
        if (beginnings->places[i].key == key &&
            memcmp(beginnings->places[i].at, bytes, MEMORY_RUN_BYTES) == 0)
            return &beginnings->places[i];
    return NULL;
}

#ifdef __clang__
#define FAST __attribute__((no_sanitize("address", "undefined")))
#else
#define FAST __attribute__((no_sanitize("address", "undefined"), optimize("O2")))
#endif

/* The next position from at whose four bytes pass the filter; size when there is none. Every byte
 * of a gigabyte passes through here, so it is built for speed in every build. */
FAST static size_t next_candidate(const struct beginnings *beginnings, const uint8_t *data,
                                  size_t at, size_t size)
{
    for (; at + MEMORY_RUN_BYTES <= size; at++) {
        uint32_t key = (uint32_t)data[at] | (uint32_t)data[at + 1] << 8 |
                       (uint32_t)data[at + 2] << 16 | (uint32_t)data[at + 3] << 24;
        uint32_t hash = (key * UINT32_C(0x9e3779b1)) >> 8;
        if ((beginnings->filter[hash / 8] & (1u << (hash % 8))) != 0)
            return at;
    }
    return size;
}

static long search_bytes(const struct beginnings *beginnings, const char *where,
                         const uint8_t *data, size_t size, bool quiet)
{
    long hits = 0;
    for (size_t at = next_candidate(beginnings, data, 0, size); at < size;
         at = next_candidate(beginnings, data, at + 1, size)) {
        const struct place *place = find_place(beginnings, data + at);
        if (place == NULL)
            continue;
        if (!quiet && hits < HITS_SHOWN)
            (void)fprintf(stderr, "%s: in %s\n", place->name, where);
        hits++;
    }
    return hits;
}

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

struct scan {
    int mem;
    uint8_t *block;
    const struct beginnings *beginnings;
    bool quiet;
    struct memory_result *result;
};

static void search_mapping(struct scan *scan, const char *where, uint64_t from, uint64_t to)
{
    for (uint64_t at = from; at < to; at += BLOCK_BYTES) {
        size_t most = BLOCK_BYTES + OVERLAP_BYTES;
        size_t wanted = to - at < most ? (size_t)(to - at) : most;
        ssize_t got = pread(scan->mem, scan->block, wanted, (off_t)at);
        if (got <= 0)
            continue;
        scan->result->hits +=
            search_bytes(scan->beginnings, where, scan->block, (size_t)got, scan->quiet);
        scan->result->bytes += got;
    }
}

static void search_mappings(struct scan *scan, FILE *maps)
{
    char line[1024];
    while (fgets(line, sizeof(line), maps) != NULL) {
        uint64_t from = 0;
        uint64_t to = 0;
        char mode[5] = "";
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &from, &to, mode) == 3 && mode[0] == 'r' &&
            mode[1] == 'w' && to - from <= MAPPING_MAX_BYTES)
            search_mapping(scan, line, from, to);
    }
}

void memory_search(pid_t pid, const struct memory_form *forms, size_t count, bool quiet,
                   struct memory_result *ret)
{
    char path[64];
    struct beginnings *beginnings = calloc(1, sizeof(*beginnings));
    uint8_t *block = malloc(BLOCK_BYTES + OVERLAP_BYTES);
    (void)snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "re");
    int mem = open_mem(pid);
    *ret = (struct memory_result){0, 0};
    if (beginnings == NULL || block == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        add_form(beginnings, &forms[i]);
    struct scan scan = {mem, block, beginnings, quiet, ret};
    if (maps != NULL && mem >= 0)
        search_mappings(&scan, maps);
    ov_wipe(block, BLOCK_BYTES + OVERLAP_BYTES);
    free(block);
    free(beginnings);
    if (mem >= 0)
        (void)close(mem);
    if (maps != NULL)
        (void)fclose(maps);
}
