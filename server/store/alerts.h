/* Alerts, their delivery to sites, and the counts per minute. */
#ifndef OVERT_SERVER_STORE_ALERTS_H
#define OVERT_SERVER_STORE_ALERTS_H

#include "common/wire/messages.h"
#include "server/store/store.h"
#include "server/store/watchlists.h"

enum crop_state {
    CROP_AWAITED, /* asked for or about to be */
    CROP_MATCHES, /* the crop, embedded again, is the face of the probe */
    CROP_DIFFERS, /* it is not: shown as a warning with the alert */
    CROP_MISSING  /* the site no longer had it, or never answered */
};
const char *crop_state_name(enum crop_state state);

struct alert_row {
    struct ov_id id;
    struct ov_id deployment_id;
    int64_t feed_number; /* per deployment, in commit order; set by store_alert_insert */
    struct ov_id entry_id;
    struct ov_id site_id;
    struct ov_id run_id;
    uint64_t sequence;
    char camera[OV_CAMERA_NAME_SIZE];
    uint64_t track;
    int64_t captured_at_us;
    int64_t received_at_us;
    int64_t raised_at_us;
    float score;
    float threshold;
    char category[WATCHLIST_CODE_SIZE];
    char response[WATCHLIST_CODE_SIZE];
    enum crop_state crop_state;
    float crop_score; /* cosine of crop and probe once checked; else 0 */
    /* Sealed with the alert's own key; columns "alert.name", "alert.reference", "alert.thumbnail",
     * "alert.probe", "alert.crop"; row = alert id. */
    struct store_bytes sealed_name;
    struct store_bytes sealed_reference; /* the force's own reference for the subject */
    struct store_bytes sealed_thumbnail;
    struct store_bytes sealed_probe; /* gone once the crop has been checked */
    struct store_bytes sealed_crop;
};

/* Serialises decisions about one subject in one deployment until the transaction ends. */
OV_CHECKED enum ov_status store_alert_lock_subject(struct store *store,
                                                   const struct ov_id *deployment_id,
                                                   const struct ov_id *entry_id,
                                                   struct ov_error *err);

enum alert_precedent {
    PRECEDENT_NONE,
    PRECEDENT_SAME_PROBE, /* this very probe has alerted: a resend; ret_alert_id is that alert */
    PRECEDENT_RECENT      /* the same track, or within the cool-down: no second alert */
};
/* row names deployment, entry, run, sequence, camera, track; recent: raised at or after since_us.
 */
OV_CHECKED enum ov_status store_alert_precedent(struct store *store, const struct alert_row *row,
                                                int64_t since_us, enum alert_precedent *ret,
                                                struct ov_id *ret_alert_id, struct ov_error *err);

/* Takes the next feed number (row lock until commit), inserts the alert and its delivery row for
 * its site, and notifies "overt_alert" at commit. */
OV_CHECKED enum ov_status store_alert_insert(struct store *store, struct alert_row *row,
                                             struct ov_error *err);

/* By id; OV_ERR_NOT_FOUND "alert.unknown". Byte fields are borrowed during the callback. */
OV_CHECKED enum ov_status store_alert_get(struct store *store, const struct ov_id *alert_id,
                                          enum ov_status (*on_row)(void *ctx,
                                                                   const struct alert_row *),
                                          void *ctx, struct ov_error *err);
/* Of a deployment, feed numbers above after_feed, ascending, at most limit; without crop bytes. */
OV_CHECKED enum ov_status
store_alert_each(struct store *store, const struct ov_id *deployment_id, int64_t after_feed,
                 int limit, enum ov_status (*on_row)(void *ctx, const struct alert_row *),
                 void *ctx, struct ov_error *err);
struct awaited_crop {
    struct ov_id alert_id;
    int64_t feed_number;
    int64_t raised_at_us;
};
/* The same for those whose crop is awaited, and no more of them than this. */
OV_CHECKED enum ov_status
store_alert_each_awaited(struct store *store, const struct ov_id *deployment_id, int64_t after_feed,
                         int limit,
                         enum ov_status (*on_row)(void *ctx, const struct awaited_crop *),
                         void *ctx, struct ov_error *err);
/* Sets crop and its check's result and clears the sealed probe. */
OV_CHECKED enum ov_status store_alert_set_crop(struct store *store, const struct ov_id *alert_id,
                                               enum crop_state state, float crop_score,
                                               struct store_bytes sealed_crop,
                                               struct ov_error *err);

/* What a page of undelivered alerts is of. */
struct delivery_page {
    struct ov_id site_id;
    struct ov_id deployment_id;
    int64_t after_feed; /* feed numbers above this one; 0: from the first */
    int limit;
};
/* Undelivered alerts, oldest first; without the bytes of probe and crop. */
OV_CHECKED enum ov_status
store_delivery_pending(struct store *store, const struct delivery_page *page,
                       enum ov_status (*on_row)(void *ctx, const struct alert_row *), void *ctx,
                       struct ov_error *err);
struct delivery_ack {
    bool first;                 /* else it was acknowledged before: nothing has changed */
    struct ov_id deployment_id; /* the alert's: what the event has to name */
};
/* Marks as delivered; fine when it was already. In a transaction with its event.
 * OV_ERR_NOT_FOUND "alert.unknown": no such alert for this site. */
OV_CHECKED enum ov_status store_delivery_ack(struct store *store, const struct ov_id *alert_id,
                                             const struct ov_id *site_id, int64_t at_us,
                                             struct delivery_ack *ret, struct ov_error *err);

/* A camera's minute as its site reports it; repeating it changes nothing. */
OV_CHECKED enum ov_status store_counts_add(struct store *store, const struct ov_id *deployment_id,
                                           const struct ov_id *site_id,
                                           const struct ov_counts *counts, struct ov_error *err);

/* A minute as this server counted it. server_run: see server/match/tally.h. */
struct server_counts {
    struct ov_id server_run;
    struct ov_id deployment_id;
    struct ov_id site_id;
    int64_t minute_us;
    uint32_t probes_compared;
    uint32_t alerts;
    uint32_t suppressed; /* above threshold, but inside cool-down or on the same track */
};
OV_CHECKED enum ov_status store_server_counts_add(struct store *store,
                                                  const struct server_counts *counts,
                                                  struct ov_error *err);

/* Blocks until a notification on "overt_alert" or "overt_gallery", or timeout_ms; store_listen
 * must have been called once on this connection (and again after store_ensure reconnected). */
OV_CHECKED enum ov_status store_listen(struct store *store, struct ov_error *err);
OV_CHECKED enum ov_status store_wait(struct store *store, int timeout_ms, bool *ret_notified,
                                     struct ov_error *err);

#endif
