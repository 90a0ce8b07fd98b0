/*
 * Secret memory: size classes carved from 1 MiB mappings, larger blocks mapped one by one.
 * One mutex guards the free lists; released blocks are wiped before they are listed.
 */
#include "common/base/secret.h"

#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <openssl/crypto.h>

#define HEADER_BYTES 64u /* keeps the block aligned to 64 */
#define CHUNK_BYTES (1u << 20)
#define CLASS_MIN_SHIFT 7u  /* 128 bytes, header included */
#define CLASS_MAX_SHIFT 16u /* 64 KiB */
#define CLASS_COUNT (CLASS_MAX_SHIFT - CLASS_MIN_SHIFT + 1u)

struct block {
    size_t size;       /* what the caller asked for */
    size_t mapped;     /* bytes of its own mapping; 0 when from a chunk */
    unsigned class_no; /* when from a chunk */
    struct block *next;
};

_Static_assert(sizeof(struct block) <= HEADER_BYTES, "block header grew");

static struct {
    pthread_mutex_t lock;
    struct block *free_list[CLASS_COUNT];
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

void ov_wipe(void *data, size_t size)
{
    if (data != NULL && size > 0)
        explicit_bzero(data, size);
}

static void *map_private(size_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    if (madvise(at, bytes, MADV_DONTDUMP) != 0) {
        (void)munmap(at, bytes);
        return NULL;
    }
    (void)mlock(at, bytes); /* best effort: bounded by RLIMIT_MEMLOCK, which the unit raises */
    return at;
}

/* Caller holds the lock. */
static int refill(unsigned class_no)
{
    size_t step = (size_t)1 << (class_no + CLASS_MIN_SHIFT);
    unsigned char *chunk = map_private(CHUNK_BYTES);
    if (chunk == NULL)
        return -1;
    for (size_t at = 0; at + step <= CHUNK_BYTES; at += step) {
        struct block *block = (struct block *)(void *)(chunk + at);
        block->class_no = class_no;
        block->mapped = 0;
        block->next = pool.free_list[class_no];
        pool.free_list[class_no] = block;
    }
    return 0;
}

static struct block *alloc_from_chunk(size_t total)
{
    unsigned class_no = 0;
    while (((size_t)1 << (class_no + CLASS_MIN_SHIFT)) < total)
        class_no++;
    (void)pthread_mutex_lock(&pool.lock);
    struct block *block = NULL;
    if (pool.free_list[class_no] != NULL || refill(class_no) == 0) {
        block = pool.free_list[class_no];
        pool.free_list[class_no] = block->next;
        block->next = NULL;
    }
    (void)pthread_mutex_unlock(&pool.lock);
    return block;
}

static struct block *alloc_mapped(size_t total)
{
    size_t bytes = (total + 4095) & ~(size_t)4095;
    struct block *block = map_private(bytes);
    if (block != NULL)
        block->mapped = bytes;
    return block;
}

void *ov_secret_alloc(size_t size)
{
    if (size == 0 || size > SIZE_MAX / 2)
        return NULL;
    size_t total = size + HEADER_BYTES;
    struct block *block =
        total <= ((size_t)1 << CLASS_MAX_SHIFT) ? alloc_from_chunk(total) : alloc_mapped(total);
    if (block == NULL)
        return NULL;
    block->size = size;
    return (unsigned char *)block + HEADER_BYTES;
}

void ov_secret_release(void *data)
{
    if (data == NULL)
        return;
    struct block *block = (struct block *)(void *)((unsigned char *)data - HEADER_BYTES);
    ov_wipe(data, block->size);
    if (block->mapped != 0) {
        (void)munmap(block, block->mapped);
        return;
    }
    (void)pthread_mutex_lock(&pool.lock);
    block->next = pool.free_list[block->class_no];
    pool.free_list[block->class_no] = block;
    (void)pthread_mutex_unlock(&pool.lock);
}

enum ov_status ov_secret_new(struct ov_secret *ret_secret, size_t size)
{
    unsigned char *data = ov_secret_alloc(size);
    if (data == NULL)
        return OV_ERR_NOMEM;
    ret_secret->data = data;
    ret_secret->size = size;
    return OV_OK;
}

enum ov_status ov_secret_copy(struct ov_secret *ret_secret, const void *data, size_t size)
{
    enum ov_status status = ov_secret_new(ret_secret, size);
    if (status == OV_OK)
        memcpy(ret_secret->data, data, size);
    return status;
}

void ov_secret_free(struct ov_secret *secret)
{
    if (secret == NULL)
        return;
    ov_secret_release(secret->data);
    secret->data = NULL;
    secret->size = 0;
}

struct ov_secret ov_secret_take(struct ov_secret *source)
{
    struct ov_secret taken = *source;
    source->data = NULL;
    source->size = 0;
    return taken;
}

bool ov_secret_equal(const struct ov_secret *a, const struct ov_secret *b)
{
    return a->size == b->size && (a->size == 0 || CRYPTO_memcmp(a->data, b->data, a->size) == 0);
}

void *ov_wiping_malloc(size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size_t *block = malloc(size + 16);
    if (block == NULL)
        return NULL;
    block[0] = size;
    return (unsigned char *)block + 16;
}

void ov_wiping_free(void *data)
{
    if (data == NULL)
        return;
    size_t *block = (size_t *)(void *)((unsigned char *)data - 16);
    ov_wipe(data, block[0]);
    free(block);
}

void *ov_wiping_realloc(void *data, size_t size)
{
    if (data == NULL)
        return ov_wiping_malloc(size);
    if (size == 0) {
        ov_wiping_free(data);
        return NULL;
    }
    const size_t *block = (const size_t *)(const void *)((unsigned char *)data - 16);
    void *moved = ov_wiping_malloc(size);
    if (moved == NULL)
        return NULL;
    memcpy(moved, data, block[0] < size ? block[0] : size);
    ov_wiping_free(data);
    return moved;
}

void ov_process_bind_now(char *const *argv)
{
    static const char variable[] = "LD_BIND_NOW";
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (getenv(variable) != NULL || length <= 0)
        return;
    path[length] = '\0';
    if (setenv(variable, "1", 1) == 0)
        (void)execv(path, argv);
}

enum ov_status ov_process_hide_memory(void)
{
    struct rlimit none = {0, 0};
    /* Libraries free buffers that held faces; from now on free() overwrites what it takes back. */
    (void)mallopt(M_PERTURB, 0xa5); /* sanitizers have allocators of their own: theirs refuse */
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0)
        return OV_ERR_IO;
    return OV_OK;
}
