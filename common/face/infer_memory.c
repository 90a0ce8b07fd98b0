/*
 * Blocks in size classes (powers of two and the halves between), each a mapping of its own, on free
 * lists under one mutex. What is free is at most what was once in use.
 */
#include "common/face/infer_memory.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define HEADER_BYTES 64u
#define SMALL_BYTES 4096u /* the first class, header included */
#define CLASS_COUNT 40u   /* up to 4 GiB */

struct block {
    size_t size; /* bytes asked for: what is wiped */
    unsigned class_no;
    struct block *next;
};

_Static_assert(sizeof(struct block) <= HEADER_BYTES, "block header grew");

static struct {
    pthread_mutex_t lock;
    struct block *free_list[CLASS_COUNT];
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* 4 KiB, 6 KiB, 8 KiB, 12 KiB, ... */
static size_t class_bytes(unsigned class_no)
{
    size_t base = (size_t)SMALL_BYTES << (class_no / 2);
    return class_no % 2 == 0 ? base : base + base / 2;
}

static struct block *map_block(unsigned class_no)
{
    size_t bytes = class_bytes(class_no);
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    if (madvise(at, bytes, MADV_DONTDUMP) != 0) {
        (void)munmap(at, bytes);
        return NULL;
    }
    struct block *block = at;
    block->class_no = class_no;
    return block;
}

void *ov_infer_memory_alloc(size_t size)
{
    unsigned class_no = 0;
    while (class_no < CLASS_COUNT && class_bytes(class_no) - HEADER_BYTES < size)
        class_no++;
    if (class_no == CLASS_COUNT)
        return NULL;
    (void)pthread_mutex_lock(&pool.lock);
    struct block *block = pool.free_list[class_no];
    if (block != NULL)
        pool.free_list[class_no] = block->next;
    (void)pthread_mutex_unlock(&pool.lock);
    if (block == NULL)
        block = map_block(class_no);
    if (block == NULL)
        return NULL;
    block->size = size;
    block->next = NULL;
    return (unsigned char *)block + HEADER_BYTES;
}

void ov_infer_memory_free(void *data)
{
    if (data == NULL)
        return;
    struct block *block = (struct block *)(void *)((unsigned char *)data - HEADER_BYTES);
    explicit_bzero(data, block->size); /* as sure as ov_wipe, and several times faster */
    (void)pthread_mutex_lock(&pool.lock);
    block->next = pool.free_list[block->class_no];
    pool.free_list[block->class_no] = block;
    (void)pthread_mutex_unlock(&pool.lock);
}
