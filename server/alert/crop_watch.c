/* Per deployment, reads what waits for its crop page by page, a page a sweep, round and round: an
 * alert that cannot be settled holds up none behind it. */
#include "server/alert/crop_watch.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "server/store/alerts.h"
#include "server/store/deployments.h"

#define ALERTS_PER_SWEEP 200

struct watched {
    struct ov_id deployment_id;
    bool running;
    bool waiting;       /* something was awaited in this round */
    int64_t after_feed; /* how far this round has come */
};

struct crop_watch {
    struct alert_path *path;
    const struct ov_clock *clock;
    bool listed_all; /* deployments that ended before this server started */
    struct watched *items;
    size_t count;
    size_t capacity;
};

struct crop_watch *crop_watch_new(struct alert_path *path, const struct ov_clock *clock)
{
    struct crop_watch *watch = calloc(1, sizeof(*watch));
    if (watch != NULL) {
        watch->path = path;
        watch->clock = clock;
    }
    return watch;
}

void crop_watch_free(struct crop_watch *watch)
{
    if (watch == NULL)
        return;
    free(watch->items);
    free(watch);
}

static enum ov_status on_deployment(void *ctx, const struct deployment *deployment)
{
    struct crop_watch *watch = ctx;
    bool running = deployment->state == DEPLOYMENT_LIVE || deployment->state == DEPLOYMENT_PAUSED;
    if (!running && deployment->state != DEPLOYMENT_CLOSED)
        return OV_OK;
    for (size_t i = 0; i < watch->count; i++) {
        if (ov_id_equal(&watch->items[i].deployment_id, &deployment->id)) {
            watch->items[i].running = running;
            return OV_OK;
        }
    }
    if (watch->count == watch->capacity) {
        size_t capacity = watch->capacity == 0 ? 8 : watch->capacity * 2;
        struct watched *items = realloc(watch->items, capacity * sizeof(*items));
        if (items == NULL)
            return OV_ERR_NOMEM;
        watch->items = items;
        watch->capacity = capacity;
    }
    watch->items[watch->count++] =
        (struct watched){.deployment_id = deployment->id, .running = running};
    return OV_OK;
}

struct sweep {
    struct crop_watch *watch;
    struct watched *item;
    int64_t now_us;
    int rows;
};

static enum ov_status on_awaited(void *ctx, const struct awaited_crop *crop)
{
    struct sweep *sweep = ctx;
    sweep->rows++;
    sweep->item->waiting = true;
    sweep->item->after_feed = crop->feed_number;
    if (sweep->now_us - crop->raised_at_us < CROP_WAIT_US)
        return OV_OK;
    struct crop_job *job = crop_job_new(&crop->alert_id);
    if (job == NULL)
        return OV_ERR_NOMEM;
    job->by_clock = true;
    if (alert_path_check_crop(sweep->watch->path, job) != OV_OK)
        crop_job_free(job); /* the next round tries again */
    return OV_OK;
}

static void forget(struct crop_watch *watch, size_t at)
{
    watch->items[at] = watch->items[--watch->count];
}

static enum ov_status refresh(struct crop_watch *watch, struct store *store, struct ov_error *err)
{
    for (size_t i = 0; i < watch->count; i++)
        watch->items[i].running = false;
    if (watch->listed_all)
        return store_deployment_each_running(store, on_deployment, watch, err);
    enum ov_status status = store_deployment_each(store, on_deployment, watch, err);
    watch->listed_all = status == OV_OK;
    return status;
}

/* One page of one deployment; ret_settled: a whole round found nothing that waits. */
static enum ov_status sweep_page(struct crop_watch *watch, struct watched *item,
                                 struct store *store, bool *ret_settled, struct ov_error *err)
{
    struct sweep sweep = {watch, item, ov_clock_utc_us(watch->clock), 0};
    enum ov_status status = store_alert_each_awaited(store, &item->deployment_id, item->after_feed,
                                                     ALERTS_PER_SWEEP, on_awaited, &sweep, err);
    *ret_settled = false;
    if (status != OV_OK || sweep.rows == ALERTS_PER_SWEEP)
        return status;
    *ret_settled = !item->waiting;
    item->waiting = false;
    item->after_feed = 0;
    return OV_OK;
}

enum ov_status crop_watch_sweep(struct crop_watch *watch, struct store *store, struct ov_error *err)
{
    enum ov_status status = refresh(watch, store, err);
    size_t i = 0;
    while (status == OV_OK && i < watch->count) {
        bool settled = false;
        status = sweep_page(watch, &watch->items[i], store, &settled, err);
        if (status == OV_OK && settled && !watch->items[i].running)
            forget(watch, i);
        else
            i++;
    }
    return status;
}
