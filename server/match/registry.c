/* An array of counted snapshots under one mutex, held only to copy pointers and counts. */
#include "server/match/registry.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct slot {
    struct target *target; /* counted */
};

struct registry {
    const struct ov_clock *clock;
    pthread_mutex_t lock; /* guards everything below and every target's references */
    pthread_cond_t published;
    struct slot *slots;
    size_t count;
    size_t capacity;
    bool confirmed;
    int64_t confirmed_at_us; /* monotonic */
};

struct registry *registry_new(const struct ov_clock *clock)
{
    struct registry *registry = calloc(1, sizeof(*registry));
    if (registry == NULL)
        return NULL;
    pthread_condattr_t attr;
    registry->clock = clock;
    (void)pthread_mutex_init(&registry->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&registry->published, &attr);
    (void)pthread_condattr_destroy(&attr);
    return registry;
}

/* Caller holds the lock. True when the caller has to free the target, without the lock. */
static bool drop_reference(struct target *target)
{
    target->references--;
    return target->references == 0;
}

static void target_free(struct target *target)
{
    gallery_unref(target->gallery);
    free(target);
}

void registry_free(struct registry *registry)
{
    if (registry == NULL)
        return;
    for (size_t i = 0; i < registry->count; i++)
        target_free(registry->slots[i].target);
    free(registry->slots);
    (void)pthread_cond_destroy(&registry->published);
    (void)pthread_mutex_destroy(&registry->lock);
    free(registry);
}

/* Caller holds the lock. registry->count when it is not there. */
static size_t find(const struct registry *registry, const struct ov_id *deployment_id)
{
    size_t i = 0;
    while (i < registry->count &&
           !ov_id_equal(&registry->slots[i].target->deployment.id, deployment_id))
        i++;
    return i;
}

/* Caller holds the lock. */
static enum ov_status make_room(struct registry *registry)
{
    if (registry->count < registry->capacity)
        return OV_OK;
    size_t capacity = registry->capacity == 0 ? 8 : registry->capacity * 2;
    struct slot *slots = realloc(registry->slots, capacity * sizeof(*slots));
    if (slots == NULL)
        return OV_ERR_NOMEM;
    registry->slots = slots;
    registry->capacity = capacity;
    return OV_OK;
}

enum ov_status registry_put(struct registry *registry, const struct deployment *deployment,
                            struct gallery *take_gallery)
{
    struct target *replaced = NULL;
    enum ov_status status = OV_OK;
    struct target *target = calloc(1, sizeof(*target));
    if (target == NULL) {
        gallery_unref(take_gallery);
        return OV_ERR_NOMEM;
    }
    *target = (struct target){*deployment, take_gallery, 1, registry};
    (void)pthread_mutex_lock(&registry->lock);
    size_t at = find(registry, &deployment->id);
    if (at < registry->count) {
        if (drop_reference(registry->slots[at].target))
            replaced = registry->slots[at].target;
        registry->slots[at].target = target;
    } else {
        status = make_room(registry);
        if (status == OV_OK)
            registry->slots[registry->count++].target = target;
    }
    (void)pthread_cond_broadcast(&registry->published);
    (void)pthread_mutex_unlock(&registry->lock);
    if (status != OV_OK)
        target_free(target);
    if (replaced != NULL)
        target_free(replaced);
    return status;
}

/* Caller holds the lock; returns a target that the caller has to free without it, or NULL. */
static struct target *take_out(struct registry *registry, size_t at)
{
    struct target *target = registry->slots[at].target;
    registry->slots[at].target = registry->slots[--registry->count].target;
    return drop_reference(target) ? target : NULL;
}

void registry_remove(struct registry *registry, const struct ov_id *deployment_id)
{
    struct target *unused = NULL;
    (void)pthread_mutex_lock(&registry->lock);
    size_t at = find(registry, deployment_id);
    if (at < registry->count)
        unused = take_out(registry, at);
    (void)pthread_mutex_unlock(&registry->lock);
    if (unused != NULL)
        target_free(unused);
}

static bool is_among(const struct ov_id *id, const struct ov_id *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ov_id_equal(&ids[i], id))
            return true;
    return false;
}

/* One deployment that is not among ids; false when there is none. */
static bool find_other(struct registry *registry, const struct ov_id *ids, size_t count,
                       struct ov_id *ret_id)
{
    bool found = false;
    (void)pthread_mutex_lock(&registry->lock);
    for (size_t i = 0; i < registry->count && !found; i++) {
        const struct ov_id *id = &registry->slots[i].target->deployment.id;
        if (!is_among(id, ids, count)) {
            *ret_id = *id;
            found = true;
        }
    }
    (void)pthread_mutex_unlock(&registry->lock);
    return found;
}

size_t registry_keep_only(struct registry *registry, const struct ov_id *ids, size_t count)
{
    struct ov_id id;
    size_t removed = 0;
    while (find_other(registry, ids, count, &id)) {
        registry_remove(registry, &id);
        removed++;
    }
    return removed;
}

/* Caller holds the lock. */
static struct target *get_locked(struct registry *registry, const struct ov_id *deployment_id)
{
    size_t at = find(registry, deployment_id);
    if (at == registry->count)
        return NULL;
    registry->slots[at].target->references++;
    return registry->slots[at].target;
}

struct target *registry_get(struct registry *registry, const struct ov_id *deployment_id)
{
    (void)pthread_mutex_lock(&registry->lock);
    struct target *target = get_locked(registry, deployment_id);
    (void)pthread_mutex_unlock(&registry->lock);
    return target;
}

struct target *registry_await(struct registry *registry, const struct ov_id *deployment_id,
                              int timeout_ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    (void)pthread_mutex_lock(&registry->lock);
    struct target *target = get_locked(registry, deployment_id);
    while (target == NULL) {
        if (pthread_cond_timedwait(&registry->published, &registry->lock, &until) == ETIMEDOUT)
            break;
        target = get_locked(registry, deployment_id);
    }
    (void)pthread_mutex_unlock(&registry->lock);
    return target;
}

struct target *target_retain(struct target *target)
{
    (void)pthread_mutex_lock(&target->registry->lock);
    target->references++;
    (void)pthread_mutex_unlock(&target->registry->lock);
    return target;
}

void target_release(struct target *target)
{
    if (target == NULL)
        return;
    (void)pthread_mutex_lock(&target->registry->lock);
    bool unused = drop_reference(target);
    (void)pthread_mutex_unlock(&target->registry->lock);
    if (unused)
        target_free(target);
}

bool target_is_live(const struct target *target, int64_t utc_us)
{
    return target->deployment.state == DEPLOYMENT_LIVE &&
           utc_us >= target->deployment.starts_at_us && utc_us < target->deployment.ends_at_us &&
           !deployment_is_overdue(&target->deployment, utc_us);
}

void registry_confirm(struct registry *registry, int64_t asked_at_us)
{
    (void)pthread_mutex_lock(&registry->lock);
    registry->confirmed = true;
    registry->confirmed_at_us = asked_at_us;
    (void)pthread_mutex_unlock(&registry->lock);
}

int64_t registry_unconfirmed_us(struct registry *registry)
{
    int64_t now = ov_clock_mono_us(registry->clock);
    (void)pthread_mutex_lock(&registry->lock);
    int64_t since = registry->confirmed ? now - registry->confirmed_at_us : INT64_MAX;
    (void)pthread_mutex_unlock(&registry->lock);
    return since;
}

void registry_totals(struct registry *registry, struct registry_totals *ret)
{
    ret->galleries = 0;
    ret->templates = 0;
    (void)pthread_mutex_lock(&registry->lock);
    for (size_t i = 0; i < registry->count; i++) {
        ret->galleries++;
        ret->templates += (int64_t)gallery_templates(registry->slots[i].target->gallery);
    }
    (void)pthread_mutex_unlock(&registry->lock);
}
