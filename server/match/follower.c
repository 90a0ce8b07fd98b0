/* Reads the running deployments, compares with what is registered, loads and publishes. */
#include "server/match/follower.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/log.h"
#include "server/match/faiss_index.h"
#include "server/store/alerts.h"

#define WAIT_MS 500
#define LOAD_AGAIN_US (10 * OV_US_PER_S)

/* A list that could not be loaded: not tried again at once, not reported again at all. */
struct failed_load {
    struct ov_id deployment_id;
    int64_t gallery_version;
    int64_t at_us; /* monotonic */
};

struct follower {
    struct follower_options options;
    struct store *store;
    pthread_t thread;
    bool started;
    bool listening;
    atomic_bool stopping;
    struct deployment *running; /* as last read */
    size_t count;
    size_t capacity;
    struct failed_load *failed; /* at most one for each running deployment */
    size_t failed_count;
};

static enum ov_status on_deployment(void *ctx, const struct deployment *deployment)
{
    struct follower *follower = ctx;
    if (follower->count == follower->capacity) {
        size_t capacity = follower->capacity == 0 ? 8 : follower->capacity * 2;
        struct deployment *running = realloc(follower->running, capacity * sizeof(*running));
        if (running == NULL)
            return OV_ERR_NOMEM;
        follower->running = running;
        follower->capacity = capacity;
    }
    follower->running[follower->count++] = *deployment;
    return OV_OK;
}

static bool has_same_settings(const struct deployment *a, const struct deployment *b)
{
    return a->state == b->state && a->starts_at_us == b->starts_at_us &&
           a->ends_at_us == b->ends_at_us && a->authority == b->authority &&
           a->written_due_at_us == b->written_due_at_us && a->threshold == b->threshold &&
           a->cool_down_s == b->cool_down_s && a->min_face_px == b->min_face_px &&
           memcmp(a->settings_digest, b->settings_digest, OV_DIGEST_BYTES) == 0 &&
           a->gallery_version == b->gallery_version && a->site_count == b->site_count &&
           memcmp(a->sites, b->sites, a->site_count * sizeof(a->sites[0])) == 0;
}

/* NULL when there is none. */
static struct failed_load *failure_of(struct follower *follower, const struct ov_id *deployment_id)
{
    for (size_t i = 0; i < follower->failed_count; i++)
        if (ov_id_equal(&follower->failed[i].deployment_id, deployment_id))
            return &follower->failed[i];
    return NULL;
}

static bool has_just_failed(struct follower *follower, const struct deployment *deployment)
{
    const struct failed_load *failed = failure_of(follower, &deployment->id);
    return failed != NULL && failed->gallery_version == deployment->gallery_version &&
           ov_clock_mono_us(follower->options.clock) - failed->at_us < LOAD_AGAIN_US;
}

static struct failed_load *add_failure(struct follower *follower)
{
    struct failed_load *failed =
        realloc(follower->failed, (follower->failed_count + 1) * sizeof(*failed));
    if (failed == NULL)
        return NULL;
    follower->failed = failed;
    failed = &follower->failed[follower->failed_count++];
    *failed = (struct failed_load){.gallery_version = -1};
    return failed;
}

static enum ov_status note_failure(struct follower *follower, const struct deployment *deployment,
                                   const struct ov_error *why)
{
    char id[OV_ID_TEXT_SIZE];
    struct failed_load *failed = failure_of(follower, &deployment->id);
    if (failed == NULL)
        failed = add_failure(follower);
    if (failed == NULL)
        return OV_ERR_NOMEM;
    bool again = failed->gallery_version == deployment->gallery_version;
    *failed = (struct failed_load){deployment->id, deployment->gallery_version,
                                   ov_clock_mono_us(follower->options.clock)};
    if (again)
        return OV_OK;
    ov_log_error(OV_LOG_ERROR, "match", "load_failed", why);
    ov_log(OV_LOG_ERROR, "match", "not_searchable", "deployment=%s gallery_version=%lld",
           ov_id_format(&deployment->id, id), (long long)deployment->gallery_version);
    return OV_OK;
}

static bool is_running(const struct follower *follower, const struct ov_id *deployment_id)
{
    for (size_t i = 0; i < follower->count; i++)
        if (ov_id_equal(&follower->running[i].id, deployment_id))
            return true;
    return false;
}

static void forget_failures(struct follower *follower)
{
    size_t kept = 0;
    for (size_t i = 0; i < follower->failed_count; i++)
        if (is_running(follower, &follower->failed[i].deployment_id))
            follower->failed[kept++] = follower->failed[i];
    follower->failed_count = kept;
}

static void log_published(const struct deployment *deployment, const struct gallery *gallery)
{
    char id[OV_ID_TEXT_SIZE];
    ov_log(OV_LOG_INFO, "match", "published",
           "deployment=%s state=%s gallery_version=%lld entries=%zu templates=%zu",
           ov_id_format(&deployment->id, id), deployment_state_name(deployment->state),
           (long long)deployment->gallery_version, gallery_entries(gallery),
           gallery_templates(gallery));
}

static enum ov_status publish(struct follower *follower, const struct deployment *deployment,
                              struct gallery *take_gallery, bool *changed)
{
    log_published(deployment, take_gallery);
    *changed = true;
    return registry_put(follower->options.registry, deployment, take_gallery);
}

/* State and settings, at once: with the list as it was, however long a newer one takes to load. */
static enum ov_status follow_settings(struct follower *follower,
                                      const struct deployment *deployment, bool *changed)
{
    struct target *old = registry_get(follower->options.registry, &deployment->id);
    enum ov_status status = OV_OK;
    if (old == NULL)
        return OV_OK;
    struct deployment now = *deployment;
    now.gallery_version = old->deployment.gallery_version;
    if (!has_same_settings(&now, &old->deployment))
        status = publish(follower, &now, gallery_ref(old->gallery), changed);
    target_release(old);
    return status;
}

static bool is_current(struct follower *follower, const struct deployment *deployment)
{
    struct target *old = registry_get(follower->options.registry, &deployment->id);
    bool same = old != NULL && old->deployment.gallery_version == deployment->gallery_version;
    target_release(old);
    return same;
}

/*
 * The list. Where the newer one cannot be loaded the older one stays: an entry withdrawn since then
 * raises no alert, because the alert path asks again. Only the database's failure is ours too.
 */
static enum ov_status follow_list(struct follower *follower, const struct deployment *deployment,
                                  bool *changed, struct ov_error *err)
{
    struct gallery *gallery = NULL;
    struct ov_error why = OV_ERROR_INIT;
    enum ov_status status = loader_build(follower->store, follower->options.vault,
                                         &follower->options.model, deployment, &gallery, &why);
    if (status == OV_OK)
        return publish(follower, deployment, gallery, changed);
    if (status == OV_ERR_UNAVAILABLE)
        return ov_fail(err, status, why.code, "%s", why.text);
    return note_failure(follower, deployment, &why);
}

/* One list that has changed, if any: loading can take seconds, and whatever was stopped meanwhile
 * must not wait for the lists after it. */
static enum ov_status follow_next_list(struct follower *follower, bool *changed, bool *ret_more,
                                       struct ov_error *err)
{
    *ret_more = false;
    for (size_t i = 0; i < follower->count; i++) {
        const struct deployment *deployment = &follower->running[i];
        if (is_current(follower, deployment) || has_just_failed(follower, deployment))
            continue;
        *ret_more = true;
        return follow_list(follower, deployment, changed, err);
    }
    return OV_OK;
}

static enum ov_status remove_ended(struct follower *follower, bool *changed, struct ov_error *err)
{
    struct ov_id *ids = calloc(follower->count + 1, sizeof(*ids));
    if (ids == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "match.memory", "no memory for deployments");
    for (size_t i = 0; i < follower->count; i++)
        ids[i] = follower->running[i].id;
    size_t removed = registry_keep_only(follower->options.registry, ids, follower->count);
    free(ids);
    if (removed == 0)
        return OV_OK;
    *changed = true;
    ov_log(OV_LOG_INFO, "match", "removed", "deployments=%zu", removed);
    return OV_OK;
}

/* What may search, and by which settings. */
static enum ov_status follow_running(struct follower *follower, bool *changed, struct ov_error *err)
{
    int64_t asked_at_us = ov_clock_mono_us(follower->options.clock);
    follower->count = 0;
    enum ov_status status =
        store_deployment_each_running(follower->store, on_deployment, follower, err);
    if (status == OV_OK)
        status = remove_ended(follower, changed, err);
    for (size_t i = 0; i < follower->count && status == OV_OK; i++)
        status = follow_settings(follower, &follower->running[i], changed);
    if (status != OV_OK)
        return status;
    forget_failures(follower);
    /* What may no longer search does not, from here on. */
    registry_confirm(follower->options.registry, asked_at_us);
    return OV_OK;
}

static enum ov_status refresh(struct follower *follower, struct ov_error *err)
{
    enum ov_status status = OV_OK;
    bool more = true;
    while (status == OV_OK && more && !atomic_load(&follower->stopping)) {
        bool changed = false;
        status = follow_running(follower, &changed, err);
        if (status == OV_OK)
            status = follow_next_list(follower, &changed, &more, err);
        if (changed && follower->options.on_change != NULL)
            follower->options.on_change(follower->options.ctx);
    }
    return status;
}

static enum ov_status be_listening(struct follower *follower, struct ov_error *err)
{
    if (follower->listening)
        return OV_OK;
    enum ov_status status = store_ensure(follower->store, err);
    if (status == OV_OK)
        status = store_listen(follower->store, err);
    follower->listening = status == OV_OK;
    return status;
}

static void *follower_main(void *arg)
{
    struct follower *follower = arg;
    bool reported = false;
    faiss_thread_init();
    while (!atomic_load(&follower->stopping)) {
        struct ov_error err = OV_ERROR_INIT;
        bool notified = false;
        enum ov_status status = be_listening(follower, &err);
        if (status == OV_OK)
            status = refresh(follower, &err);
        if (status == OV_OK)
            status = store_wait(follower->store, WAIT_MS, &notified, &err);
        if (status == OV_OK) {
            reported = false;
            continue;
        }
        if (!reported)
            ov_log_error(OV_LOG_WARNING, "match", "follower_waits", &err);
        reported = true;
        follower->listening = false;
        struct timespec pause = {0, WAIT_MS * 1000000L};
        (void)nanosleep(&pause, NULL);
    }
    return NULL;
}

enum ov_status follower_start(const struct follower_options *options,
                              struct follower **ret_follower, struct ov_error *err)
{
    struct follower *follower = calloc(1, sizeof(*follower));
    if (follower == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "match.memory", "no memory for the follower");
    follower->options = *options;
    atomic_init(&follower->stopping, false);
    faiss_thread_init();
    enum ov_status status = store_open(options->conninfo, &follower->store, err);
    if (status == OV_OK)
        status = be_listening(follower, err);
    if (status == OV_OK)
        status = refresh(follower, err);
    if (status == OV_OK && pthread_create(&follower->thread, NULL, follower_main, follower) != 0)
        status = ov_fail(err, OV_ERR_NOMEM, "match.threads", "cannot start the follower");
    if (status != OV_OK) {
        follower_stop(follower);
        return status;
    }
    follower->started = true;
    *ret_follower = follower;
    return OV_OK;
}

void follower_stop(struct follower *follower)
{
    if (follower == NULL)
        return;
    atomic_store(&follower->stopping, true);
    if (follower->started)
        (void)pthread_join(follower->thread, NULL);
    store_close(follower->store);
    free(follower->running);
    free(follower->failed);
    free(follower);
}
