/*
 * Memory for descriptors, images and keys.
 *
 * Blocks come from anonymous mappings that are left out of core dumps (MADV_DONTDUMP) and kept off
 * swap where the memory-lock limit allows; every block is wiped when it is released. Any thread.
 * ov_secret holds such a block together with its size; the plain functions serve code that needs
 * malloc-like calls, for example an allocator handed to a library.
 */
#ifndef OVERT_COMMON_BASE_SECRET_H
#define OVERT_COMMON_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/status.h"

struct ov_secret {
    unsigned char *data; /* NULL when empty */
    size_t size;         /* bytes */
};

#define OV_SECRET_INIT                                                                             \
    {                                                                                              \
        NULL, 0                                                                                    \
    }

/* A zeroed block of size bytes (1 or more). ret_secret is written only on success. */
OV_CHECKED enum ov_status ov_secret_new(struct ov_secret *ret_secret, size_t size);

/* The same, filled with size bytes copied from data. */
OV_CHECKED enum ov_status ov_secret_copy(struct ov_secret *ret_secret, const void *data,
                                         size_t size);

/* Wipes and releases; the struct is empty afterwards. Takes an empty one. */
void ov_secret_free(struct ov_secret *secret);

/* Moves the block out of source, which is empty afterwards. */
struct ov_secret ov_secret_take(struct ov_secret *source);

/* Constant-time comparison of contents; false when sizes differ. */
bool ov_secret_equal(const struct ov_secret *a, const struct ov_secret *b);

/* malloc-like: zeroed, aligned to 64 bytes; NULL when memory is out. */
void *ov_secret_alloc(size_t size);
/* Wipes and releases a block of ov_secret_alloc; takes NULL. */
void ov_secret_release(void *block);

/* Overwrites size bytes in a way that the compiler cannot remove. */
void ov_wipe(void *data, size_t size);

/*
 * malloc, realloc and free that wipe what they give back, for libraries whose buffers see secrets
 * (libevent, protobuf-c). These blocks are ordinary memory.
 */
void *ov_wiping_malloc(size_t size);
void *ov_wiping_realloc(void *block, size_t size);
void ov_wiping_free(void *block);

/*
 * To be called first in main: starts the program again, in the same process, with every symbol of
 * every library bound at once; returns when that is so (or cannot be had). Binding at the first
 * call instead saves all vector registers on the stack, with whatever memcpy moved last, and
 * nothing overwrites them there.
 */
void ov_process_bind_now(char *const *argv);

/* For this process: no core dumps, no ptrace by other users (prctl, RLIMIT_CORE), and free()
 * overwrites the memory it takes back (mallopt). Call it before anything is allocated. */
OV_CHECKED enum ov_status ov_process_hide_memory(void);

#endif
