/* A fixed array under a mutex: few pairs, short critical sections. */
#include "server/alert/presence.h"

#include <pthread.h>
#include <stdlib.h>

struct presence {
    pthread_mutex_t lock; /* guards what follows */
    bool arrived;
    size_t count;
    struct presence_pair pairs[PRESENCE_MAX];
    unsigned sessions[PRESENCE_MAX]; /* of the pair at the same index */
};

struct presence *presence_new(void)
{
    struct presence *presence = calloc(1, sizeof(*presence));
    if (presence != NULL)
        (void)pthread_mutex_init(&presence->lock, NULL);
    return presence;
}

void presence_free(struct presence *presence)
{
    if (presence == NULL)
        return;
    (void)pthread_mutex_destroy(&presence->lock);
    free(presence);
}

/* Caller holds the lock. */
static size_t find(const struct presence *presence, const struct ov_id *site_id,
                   const struct ov_id *deployment_id)
{
    size_t i = 0;
    while (i < presence->count && !(ov_id_equal(&presence->pairs[i].site_id, site_id) &&
                                    ov_id_equal(&presence->pairs[i].deployment_id, deployment_id)))
        i++;
    return i;
}

enum ov_status presence_add(struct presence *presence, const struct ov_id *site_id,
                            const struct ov_id *deployment_id)
{
    enum ov_status status = OV_OK;
    (void)pthread_mutex_lock(&presence->lock);
    size_t at = find(presence, site_id, deployment_id);
    if (at == PRESENCE_MAX) {
        status = OV_ERR_LIMIT;
    } else {
        if (at == presence->count) {
            presence->pairs[at] = (struct presence_pair){*site_id, *deployment_id};
            presence->sessions[at] = 0;
            presence->count++;
        }
        presence->sessions[at]++;
        presence->arrived = true;
    }
    (void)pthread_mutex_unlock(&presence->lock);
    return status;
}

void presence_remove(struct presence *presence, const struct ov_id *site_id,
                     const struct ov_id *deployment_id)
{
    (void)pthread_mutex_lock(&presence->lock);
    size_t at = find(presence, site_id, deployment_id);
    if (at < presence->count && --presence->sessions[at] == 0) {
        presence->count--;
        presence->pairs[at] = presence->pairs[presence->count];
        presence->sessions[at] = presence->sessions[presence->count];
    }
    (void)pthread_mutex_unlock(&presence->lock);
}

bool presence_take_arrived(struct presence *presence)
{
    (void)pthread_mutex_lock(&presence->lock);
    bool arrived = presence->arrived;
    presence->arrived = false;
    (void)pthread_mutex_unlock(&presence->lock);
    return arrived;
}

size_t presence_list(struct presence *presence, struct presence_pair ret_pairs[PRESENCE_MAX])
{
    (void)pthread_mutex_lock(&presence->lock);
    size_t count = presence->count;
    for (size_t i = 0; i < count; i++)
        ret_pairs[i] = presence->pairs[i];
    (void)pthread_mutex_unlock(&presence->lock);
    return count;
}
