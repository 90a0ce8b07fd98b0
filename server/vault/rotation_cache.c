/*
 * Remembering matrices. One is found by its seed, not by its owner's word for it; and it is
 * remembered only while the key file is there: whoever destroys a key removes the file first and
 * then forgets the matrix, whoever remembers one does so first and then looks for the file.
 */
#include "server/vault/rotation_cache.h"

#include "server/vault/keys.h"
#include "server/vault/rotation_make.h"

static const char seed_label[] = "overt rotation v1";

void rotation_cache_init(struct rotation_cache *cache)
{
    *cache = (struct rotation_cache){.clock = 0};
    (void)pthread_mutex_init(&cache->lock, NULL);
}

void rotation_cache_done(struct rotation_cache *cache)
{
    for (size_t i = 0; i < ROTATION_CACHE_SLOTS; i++)
        rotation_unref(cache->slots[i].rotation);
    (void)pthread_mutex_destroy(&cache->lock);
}

void rotation_cache_drop(struct rotation_cache *cache, const struct ov_id *owner)
{
    (void)pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < ROTATION_CACHE_SLOTS; i++) {
        if (cache->slots[i].rotation != NULL && ov_id_equal(&cache->slots[i].owner, owner)) {
            rotation_unref(cache->slots[i].rotation);
            cache->slots[i].rotation = NULL;
        }
    }
    (void)pthread_mutex_unlock(&cache->lock);
}

/* Counted, or NULL. */
static struct rotation *find(struct rotation_cache *cache, const struct ov_secret *seed,
                             int dimension)
{
    struct rotation *found = NULL;
    (void)pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < ROTATION_CACHE_SLOTS && found == NULL; i++) {
        struct rotation *rotation = cache->slots[i].rotation;
        if (rotation != NULL && rotation_is(rotation, seed, dimension)) {
            cache->slots[i].used = ++cache->clock;
            found = rotation_ref(rotation);
        }
    }
    (void)pthread_mutex_unlock(&cache->lock);
    return found;
}

/* In place of the one that was not used for longest. */
static void remember(struct rotation_cache *cache, const struct ov_id *owner,
                     struct rotation *rotation)
{
    size_t oldest = 0;
    (void)pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < ROTATION_CACHE_SLOTS; i++) {
        if (cache->slots[i].rotation == NULL) {
            oldest = i;
            break;
        }
        if (cache->slots[i].used < cache->slots[oldest].used)
            oldest = i;
    }
    rotation_unref(cache->slots[oldest].rotation);
    cache->slots[oldest].owner = *owner;
    cache->slots[oldest].rotation = rotation_ref(rotation);
    cache->slots[oldest].used = ++cache->clock;
    (void)pthread_mutex_unlock(&cache->lock);
}

enum ov_status vault_rotation(struct vault *vault, const struct vault_key *key, int dimension,
                              struct rotation **ret_rotation, struct ov_error *err)
{
    struct ov_secret seed = OV_SECRET_INIT;
    struct rotation *rotation = NULL;
    if (key->class_id != VAULT_WATCHLIST || dimension < 1 || dimension > ROTATION_DIMENSION_MAX)
        return ov_fail(err, OV_ERR_INTERNAL, "vault.rotation",
                       "a matrix belongs to a watchlist and has 1 to %d rows",
                       ROTATION_DIMENSION_MAX);
    if (ov_secret_new(&seed, ROTATION_SEED_BYTES) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    enum ov_status status = vault_key_derive(key, seed_label, sizeof(seed_label), seed.data, err);
    if (status == OV_OK)
        rotation = find(&vault->rotations, &seed, dimension);
    if (status == OV_OK && rotation == NULL) {
        status = rotation_new(&seed, dimension, &rotation, err);
        if (status == OV_OK)
            remember(&vault->rotations, &key->owner, rotation);
        if (status == OV_OK && !vault_key_exists(vault, key->class_id, &key->owner))
            rotation_cache_drop(&vault->rotations, &key->owner);
    }
    ov_secret_free(&seed);
    if (status == OV_OK)
        *ret_rotation = rotation;
    return status;
}
