/*
 * Notices alerts whose crop has not come in time. Works from the database, so that a restart or a
 * lost session changes nothing. Belongs to the courier's thread.
 */
#ifndef OVERT_SERVER_ALERT_CROP_WATCH_H
#define OVERT_SERVER_ALERT_CROP_WATCH_H

#include "common/base/clock.h"
#include "common/base/status.h"
#include "server/alert/alert_path.h"
#include "server/store/store.h"

struct crop_watch;

/* path and clock are borrowed. NULL when memory is out. */
struct crop_watch *crop_watch_new(struct alert_path *path, const struct ov_clock *clock);
void crop_watch_free(struct crop_watch *watch);

/* Every few seconds: hands overdue alerts to the alert path as crops that are missing. */
OV_CHECKED enum ov_status crop_watch_sweep(struct crop_watch *watch, struct store *store,
                                           struct ov_error *err);

#endif
