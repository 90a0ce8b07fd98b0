/* Inside the vault: the matrices that an open vault remembers. Any thread. */
#ifndef OVERT_SERVER_VAULT_ROTATION_CACHE_H
#define OVERT_SERVER_VAULT_ROTATION_CACHE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/vault/rotation.h"

/* Deployments at once; a gallery holds its own beside. One is dimension² floats: 1 MiB for 512. */
#define ROTATION_CACHE_SLOTS 8u

struct rotation_cache {
    pthread_mutex_t lock; /* held to copy pointers only */
    struct {
        struct ov_id owner;
        struct rotation *rotation; /* counted; NULL: the slot is empty */
        uint64_t used;             /* by clock, to find the one to replace */
    } slots[ROTATION_CACHE_SLOTS];
    uint64_t clock;
};

void rotation_cache_init(struct rotation_cache *cache);
void rotation_cache_done(struct rotation_cache *cache);
/* Forgets what belongs to owner: its key has gone. */
void rotation_cache_drop(struct rotation_cache *cache, const struct ov_id *owner);

/* seed: copied. */
OV_CHECKED enum ov_status rotation_new(const struct ov_secret *seed, int dimension,
                                       struct rotation **ret_rotation, struct ov_error *err);
bool rotation_is(const struct rotation *rotation, const struct ov_secret *seed, int dimension);

#endif
