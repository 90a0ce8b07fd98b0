/*
 * The desk: threads that ask the database for the capture loop, which must never wait.
 *
 * A job belongs to the desk from desk_submit until on_done gets it.
 */
#ifndef OVERT_SERVER_CAPTURE_DESK_H
#define OVERT_SERVER_CAPTURE_DESK_H

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/net/tls.h"
#include "common/wire/messages.h"
#include "server/match/loader.h"
#include "server/match/registry.h"
#include "server/store/people.h"
#include "server/vault/vault.h"

enum desk_kind {
    DESK_HELLO,     /* who is this, and may it capture for which deployment? */
    DESK_COUNTS,    /* store a camera's minute */
    DESK_ALERT_ACK, /* an alert has arrived at its site */
    DESK_PAUSE,     /* the pause key was pressed at the site */
    DESK_RECHECK    /* is this still an active site? */
};
const char *desk_kind_name(enum desk_kind kind);

struct desk_job {
    enum desk_kind kind;
    uint64_t session; /* the asker's token */
    struct ov_peer peer;
    struct ov_id site_id; /* asked about, except by DESK_HELLO, which answers it */
    struct ov_id deployment_id;
    struct ov_hello hello;
    struct ov_counts counts;
    struct ov_id alert_id;
    int64_t pressed_at_us; /* DESK_PAUSE */
    /* The answer: */
    enum ov_status status;
    struct ov_error err;          /* why not */
    struct deployment deployment; /* DESK_HELLO, like the next two */
    size_t camera_count;
    struct deployment_camera cameras[DEPLOYMENT_CAMERAS_MAX]; /* in force */
};

struct desk;

struct desk_options {
    const char *conninfo; /* all borrowed */
    struct vault *vault;
    struct registry *registry;
    struct loader_model model;
    const struct ov_clock *clock;
    int threads;
    void (*on_done)(void *ctx, struct desk_job *take_job); /* on a desk thread */
    void *ctx;
};

OV_CHECKED enum ov_status desk_start(const struct desk_options *options, struct desk **ret_desk,
                                     struct ov_error *err);
/* Never waits. On failure (OV_ERR_LIMIT, OV_ERR_CLOSED) the caller keeps the job. */
OV_CHECKED enum ov_status desk_submit(struct desk *desk, struct desk_job *job);
/* Drops what has not been begun, and joins. Takes NULL. */
void desk_stop(struct desk *desk);

#endif
