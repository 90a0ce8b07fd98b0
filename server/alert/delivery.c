/* The courier's loop: wait, read what is undelivered for attached sites, open it, hand it out. */
#include "server/alert/delivery.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/log.h"
#include "server/alert/crop_watch.h"
#include "server/alert/presence.h"
#include "server/store/alerts.h"

#define WAIT_MS 200
#define READ_EVERY_US (2 * OV_US_PER_S)
#define PUSH_AGAIN_US (5 * OV_US_PER_S)
#define SWEEP_EVERY_US (10 * OV_US_PER_S)
#define PENDING_PER_PAGE 256
/* To a site in one read, within what a session may have on its way out. */
#define FRESH_PER_READ 192
#define AGAIN_PER_READ 64  /* few: many that are never acknowledged hold no fresh one back */
#define PUSHED_SLOTS 4096u /* a power of two */

/* When an alert was last handed out. A collision only hands one out earlier than needed. */
struct pushed {
    struct ov_id alert_id;
    int64_t at_us; /* monotonic */
};

struct delivery {
    struct delivery_options options;
    struct presence *presence; /* which sites have sessions; shared with the capture loop */
    struct store *store;       /* the rest is the courier's own */
    struct crop_watch *watch;
    struct pushed *pushed;
    pthread_t thread;
    bool started;
    bool listening;
    atomic_bool stopping;
    int64_t read_at_us;
    int64_t swept_at_us;
};

void delivery_item_free(struct delivery_item *item)
{
    if (item == NULL)
        return;
    ov_alert_done(&item->alert);
    free(item);
}

static struct pushed *slot_of(struct delivery *delivery, const struct ov_id *alert_id)
{
    unsigned at = ((unsigned)alert_id->bytes[0] << 8) | alert_id->bytes[1];
    return &delivery->pushed[at % PUSHED_SLOTS];
}

/* A page of a site's undelivered alerts as it is read. */
struct reading {
    struct delivery *delivery;
    int64_t last_feed;
    int rows;
    int fresh; /* handed out in this read for the first time */
    int again;
};

/* Notes the push; false when the same was handed out a moment ago, or enough were in this read. */
static bool is_due(struct reading *reading, const struct ov_id *alert_id)
{
    struct delivery *delivery = reading->delivery;
    int64_t now = ov_clock_mono_us(delivery->options.clock);
    struct pushed *slot = slot_of(delivery, alert_id);
    bool is_again = ov_id_equal(&slot->alert_id, alert_id);
    if (is_again && (now - slot->at_us < PUSH_AGAIN_US || reading->again == AGAIN_PER_READ))
        return false;
    if (!is_again && reading->fresh == FRESH_PER_READ)
        return false;
    reading->again += is_again;
    reading->fresh += !is_again;
    *slot = (struct pushed){*alert_id, now};
    return true;
}

static enum ov_status open_column(const struct vault_key *key, const char *column,
                                  const struct ov_id *row, struct store_bytes sealed,
                                  struct ov_secret *ret, struct ov_error *err)
{
    if (sealed.size == 0)
        return OV_OK;
    return vault_unseal(key, column, row, sealed.data, sealed.size, ret, err);
}

static void copy_row(struct delivery_item *item, const struct alert_row *row)
{
    struct ov_alert *alert = &item->alert;
    item->site_id = row->site_id;
    item->deployment_id = row->deployment_id;
    item->wants_crop = row->crop_state == CROP_AWAITED;
    alert->alert_id = row->id;
    alert->feed_number = (uint64_t)row->feed_number;
    alert->run_id = row->run_id;
    alert->sequence = row->sequence;
    alert->captured_at_us = row->captured_at_us;
    alert->raised_at_us = row->raised_at_us;
    alert->has_score = true;
    alert->score = row->score;
    alert->threshold = row->threshold;
    (void)snprintf(alert->camera, sizeof(alert->camera), "%s", row->camera);
    (void)snprintf(alert->category, sizeof(alert->category), "%s", row->category);
    (void)snprintf(alert->response, sizeof(alert->response), "%s", row->response);
}

static enum ov_status open_row(struct delivery *delivery, const struct alert_row *row,
                               struct delivery_item *item, struct ov_error *err)
{
    struct vault_key *key = NULL;
    copy_row(item, row);
    enum ov_status status =
        vault_key_load(delivery->options.vault, VAULT_ALERT, &row->id, &key, err);
    if (status == OV_OK)
        status = open_column(key, "alert.name", &row->id, row->sealed_name,
                             &item->alert.display_name, err);
    if (status == OV_OK)
        status = open_column(key, "alert.thumbnail", &row->id, row->sealed_thumbnail,
                             &item->alert.reference_jpeg, err);
    vault_key_free(key);
    return status;
}

/* One undelivered alert. A row that does not open is logged and left: others must not wait for it.
 */
static enum ov_status on_pending(void *ctx, const struct alert_row *row)
{
    struct reading *reading = ctx;
    struct delivery *delivery = reading->delivery;
    struct ov_error err = OV_ERROR_INIT;
    reading->last_feed = row->feed_number;
    reading->rows++;
    if (!is_due(reading, &row->id))
        return OV_OK;
    struct delivery_item *item = calloc(1, sizeof(*item));
    if (item == NULL)
        return OV_ERR_NOMEM;
    if (open_row(delivery, row, item, &err) != OV_OK) {
        ov_log_error(OV_LOG_ERROR, "alert", "delivery_failed", &err);
        delivery_item_free(item);
        return OV_OK;
    }
    delivery->options.on_alert(delivery->options.ctx, item);
    return OV_OK;
}

/* Page by page to the newest: however many are never acknowledged, they hold none back. */
static enum ov_status read_site(struct delivery *delivery, const struct presence_pair *pair,
                                struct ov_error *err)
{
    struct reading reading = {.delivery = delivery};
    struct delivery_page page = {pair->site_id, pair->deployment_id, 0, PENDING_PER_PAGE};
    enum ov_status status = OV_OK;
    do {
        page.after_feed = reading.last_feed;
        reading.rows = 0;
        status = store_delivery_pending(delivery->store, &page, on_pending, &reading, err);
    } while (status == OV_OK && reading.rows == PENDING_PER_PAGE && reading.fresh < FRESH_PER_READ);
    return status;
}

static enum ov_status read_pending(struct delivery *delivery, struct ov_error *err)
{
    struct presence_pair pairs[PRESENCE_MAX];
    size_t count = presence_list(delivery->presence, pairs);
    enum ov_status status = OV_OK;
    for (size_t i = 0; i < count && status == OV_OK; i++)
        status = read_site(delivery, &pairs[i], err);
    return status;
}

static enum ov_status work(struct delivery *delivery, bool notified, struct ov_error *err)
{
    int64_t now = ov_clock_mono_us(delivery->options.clock);
    enum ov_status status = OV_OK;
    bool arrived = presence_take_arrived(delivery->presence);
    if (arrived) /* a new session has seen nothing yet */
        memset(delivery->pushed, 0, PUSHED_SLOTS * sizeof(*delivery->pushed));
    if (notified || arrived || now - delivery->read_at_us >= READ_EVERY_US) {
        delivery->read_at_us = now;
        status = read_pending(delivery, err);
    }
    if (status == OV_OK && now - delivery->swept_at_us >= SWEEP_EVERY_US) {
        delivery->swept_at_us = now;
        status = crop_watch_sweep(delivery->watch, delivery->store, err);
    }
    return status;
}

/* (Re)connects when needed; then everything is read once, whatever was notified meanwhile. */
static enum ov_status be_listening(struct delivery *delivery, struct ov_error *err)
{
    if (delivery->listening)
        return OV_OK;
    enum ov_status status = store_ensure(delivery->store, err);
    if (status == OV_OK)
        status = store_listen(delivery->store, err);
    if (status == OV_OK) {
        delivery->listening = true;
        delivery->read_at_us = INT64_MIN / 2;
    }
    return status;
}

static void pause_before_retry(void)
{
    struct timespec pause = {0, WAIT_MS * 1000000L};
    (void)nanosleep(&pause, NULL);
}

static void *courier_main(void *arg)
{
    struct delivery *delivery = arg;
    bool reported = false;
    while (!atomic_load(&delivery->stopping)) {
        struct ov_error err = OV_ERROR_INIT;
        bool notified = false;
        enum ov_status status = be_listening(delivery, &err);
        if (status == OV_OK)
            status = store_wait(delivery->store, WAIT_MS, &notified, &err);
        if (status == OV_OK && notified && delivery->options.on_notified != NULL)
            delivery->options.on_notified(delivery->options.notified_ctx);
        if (status == OV_OK)
            status = work(delivery, notified, &err);
        if (status == OV_OK) {
            reported = false;
            continue;
        }
        if (!reported)
            ov_log_error(OV_LOG_WARNING, "alert", "courier_waits", &err);
        reported = true;
        delivery->listening = false;
        pause_before_retry();
    }
    return NULL;
}

enum ov_status delivery_start(const struct delivery_options *options,
                              struct delivery **ret_delivery, struct ov_error *err)
{
    struct delivery *delivery = calloc(1, sizeof(*delivery));
    if (delivery == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "alert.memory", "no memory for the courier");
    delivery->options = *options;
    atomic_init(&delivery->stopping, false);
    delivery->presence = presence_new();
    delivery->watch = crop_watch_new(options->path, options->clock);
    delivery->pushed = calloc(PUSHED_SLOTS, sizeof(*delivery->pushed));
    enum ov_status status = OV_OK;
    if (delivery->presence == NULL || delivery->watch == NULL || delivery->pushed == NULL)
        status = ov_fail(err, OV_ERR_NOMEM, "alert.memory", "no memory for the courier");
    if (status == OV_OK)
        status = store_open(options->conninfo, &delivery->store, err);
    if (status == OV_OK && pthread_create(&delivery->thread, NULL, courier_main, delivery) != 0)
        status = ov_fail(err, OV_ERR_NOMEM, "alert.threads", "cannot start the courier");
    if (status != OV_OK) {
        delivery_stop(delivery);
        return status;
    }
    delivery->started = true;
    *ret_delivery = delivery;
    return OV_OK;
}

enum ov_status delivery_attach(struct delivery *delivery, const struct ov_id *site_id,
                               const struct ov_id *deployment_id)
{
    return presence_add(delivery->presence, site_id, deployment_id);
}

void delivery_detach(struct delivery *delivery, const struct ov_id *site_id,
                     const struct ov_id *deployment_id)
{
    presence_remove(delivery->presence, site_id, deployment_id);
}

void delivery_stop(struct delivery *delivery)
{
    if (delivery == NULL)
        return;
    atomic_store(&delivery->stopping, true);
    if (delivery->started)
        (void)pthread_join(delivery->thread, NULL);
    store_close(delivery->store);
    crop_watch_free(delivery->watch);
    presence_free(delivery->presence);
    free(delivery->pushed);
    free(delivery);
}
