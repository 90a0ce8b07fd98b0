/*
 * The courier: one thread with the LISTEN connection that carries committed alerts to the sites
 * that have a session on this server.
 *
 * A notification only wakes it. On every wake-up, on every reconnect and every two seconds it reads
 * what is undelivered; an alert that is not acknowledged is handed out again after five seconds.
 * At least once, with the alert's id. What one read hands out is bounded, with a smaller share for
 * what was handed out before: alerts that are never acknowledged hold no new one back.
 */
#ifndef OVERT_SERVER_ALERT_DELIVERY_H
#define OVERT_SERVER_ALERT_DELIVERY_H

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/wire/messages.h"
#include "server/alert/alert_path.h"
#include "server/vault/vault.h"

struct delivery;

/* An alert on its way to every session of its site in its deployment. */
struct delivery_item {
    struct ov_id site_id;
    struct ov_id deployment_id;
    bool wants_crop;
    struct ov_alert alert;
};
/* Wipes and frees. Takes NULL. */
void delivery_item_free(struct delivery_item *item);

struct delivery_options {
    const char *conninfo; /* all borrowed */
    struct vault *vault;
    const struct ov_clock *clock;
    struct alert_path *path; /* for crops that never came */
    /* On the courier's thread; owns the item. */
    void (*on_alert)(void *ctx, struct delivery_item *take_item);
    void *ctx;
    /* On the courier's thread: alerts or galleries have changed. May be NULL. */
    void (*on_notified)(void *ctx);
    void *notified_ctx;
};

OV_CHECKED enum ov_status delivery_start(const struct delivery_options *options,
                                         struct delivery **ret_delivery, struct ov_error *err);
/* A session of this site in this deployment has opened, or ended. Any thread; never waits long. */
OV_CHECKED enum ov_status delivery_attach(struct delivery *delivery, const struct ov_id *site_id,
                                          const struct ov_id *deployment_id);
void delivery_detach(struct delivery *delivery, const struct ov_id *site_id,
                     const struct ov_id *deployment_id);
/* Joins. Takes NULL. */
void delivery_stop(struct delivery *delivery);

#endif
