/*
 * Runs a fuzz target as a plain test: its own seeds, the files of the folders named on the command
 * line (a folder may be missing), then seeded random mutations of all of them.
 *
 * OVERT_TEST_SCALE: percent of 500 mutations (100). OVERT_TEST_SEED: where the random numbers
 * start (1). An input that aborts is written to a file first, so that it can join the corpus.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

#define MUTATIONS 500
#define SEEDS_MAX 4096
#define INPUT_MAX (1u << 20)

struct input {
    uint8_t *data;
    size_t size;
};

static struct input seeds[SEEDS_MAX];
static size_t seed_count;
static uint64_t random_state;
static struct input running; /* for fuzz_broken */

_Noreturn void fuzz_broken(const char *condition, const char *file, int line)
{
    char name[64];
    (void)snprintf(name, sizeof(name), "/tmp/overt-fuzz-%ld.bin", (long)getpid());
    (void)fprintf(stderr, "%s:%d: broken promise: %s; the input is in %s\n", file, line, condition,
                  name);
    FILE *out = fopen(name, "w");
    if (out != NULL) {
        (void)fwrite(running.data, 1, running.size, out);
        (void)fclose(out);
    }
    abort();
}

/* splitmix64 */
static uint64_t next_random(void)
{
    uint64_t z = (random_state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t random_below(size_t end)
{
    return end > 0 ? (size_t)(next_random() % end) : 0;
}

static void add_seed(void *ctx, const void *data, size_t size)
{
    (void)ctx;
    if (seed_count == SEEDS_MAX || size > INPUT_MAX)
        abort();
    struct input *seed = &seeds[seed_count++];
    seed->data = malloc(size + 1);
    if (seed->data == NULL)
        abort();
    if (size > 0)
        memcpy(seed->data, data, size);
    seed->size = size;
}

static void add_file(const char *folder, const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *in = fopen(path, "r");
    uint8_t *data = malloc(INPUT_MAX);
    if (in == NULL || data == NULL)
        abort();
    add_seed(NULL, data, fread(data, 1, INPUT_MAX, in));
    (void)fclose(in);
    free(data);
}

static void add_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return;
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] != '.')
            add_file(folder, entry->d_name);
    }
    (void)closedir(dir);
}

/* From memory of exactly its size, so that a sanitizer sees any read beyond. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size > 0 ? size : 1);
    if (exact == NULL)
        abort();
    if (size > 0)
        memcpy(exact, data, size);
    running.data = exact;
    running.size = size;
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static const uint8_t telling_bytes[] = {0x00, 0x01, 0x7f, 0x80, 0xff, 0x0a, '=', '['};

static size_t insert_bytes(uint8_t *data, size_t size)
{
    size_t count = 1 + random_below(16);
    size_t at = random_below(size + 1);
    if (size + count > INPUT_MAX)
        return size;
    memmove(data + at + count, data + at, size - at);
    for (size_t i = 0; i < count; i++)
        data[at + i] = (uint8_t)next_random();
    return size + count;
}

static size_t remove_bytes(uint8_t *data, size_t size)
{
    size_t at = random_below(size);
    size_t count = 1 + random_below(size - at < 32 ? size - at : 32);
    if (count > size - at)
        count = size - at;
    memmove(data + at, data + at + count, size - at - count);
    return size - count;
}

/* A stretch of another seed over this one. */
static void splice(uint8_t *data, size_t size)
{
    const struct input *other = &seeds[random_below(seed_count)];
    size_t from = random_below(other->size);
    size_t to = random_below(size);
    size_t count = random_below(64);
    if (count > other->size - from)
        count = other->size - from;
    if (count > size - to)
        count = size - to;
    memcpy(data + to, other->data + from, count);
}

static size_t mutate_once(uint8_t *data, size_t size)
{
    if (size == 0)
        return insert_bytes(data, size);
    switch (random_below(7)) {
    case 0:
        data[random_below(size)] ^= (uint8_t)(1u << random_below(8));
        return size;
    case 1:
        data[random_below(size)] = telling_bytes[random_below(sizeof(telling_bytes))];
        return size;
    case 2:
        data[random_below(size)] = (uint8_t)next_random();
        return size;
    case 3:
        return insert_bytes(data, size);
    case 4:
        return remove_bytes(data, size);
    case 5:
        splice(data, size);
        return size;
    default:
        return random_below(4) == 0 ? random_below(size) : size; /* cut, now and then */
    }
}

static void run_mutation(uint8_t *room)
{
    const struct input *seed = &seeds[random_below(seed_count)];
    size_t size = seed->size;
    size_t steps = 1 + random_below(6);
    memcpy(room, seed->data, size);
    for (size_t i = 0; i < steps; i++)
        size = mutate_once(room, size);
    run(room, size);
}

static uint64_t number_from(const char *name, uint64_t fallback)
{
    const char *text = getenv(name);
    char *end = NULL;
    if (text == NULL || *text == '\0')
        return fallback;
    uint64_t value = strtoull(text, &end, 10);
    return *end == '\0' ? value : fallback;
}

int main(int argc, char **argv)
{
    uint8_t *room = malloc(INPUT_MAX);
    uint64_t start = number_from("OVERT_TEST_SEED", 1);
    uint64_t count = MUTATIONS * number_from("OVERT_TEST_SCALE", 100) / 100;
    if (room == NULL)
        return 1;
    random_state = start;
    fuzz_seeds(add_seed, NULL);
    for (int i = 1; i < argc; i++)
        add_folder(argv[i]);
    if (seed_count == 0)
        add_seed(NULL, "", 0);
    for (size_t i = 0; i < seed_count; i++)
        run(seeds[i].data, seeds[i].size);
    for (uint64_t i = 0; i < count; i++)
        run_mutation(room);
    (void)printf("%zu seeds, %" PRIu64 " mutations, random numbers from %" PRIu64 "\n", seed_count,
                 count, start);
    for (size_t i = 0; i < seed_count; i++)
        free(seeds[i].data);
    free(room);
    return 0;
}
