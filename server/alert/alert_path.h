/*
 * The alert path: worker threads that turn candidates into alerts, and check the crops that follow.
 *
 * Each worker has its own database connection and face engine. A job comes back through on_raised
 * when every alert of it is committed (or found not to be one): that is what a BatchAck promises.
 */
#ifndef OVERT_SERVER_ALERT_ALERT_PATH_H
#define OVERT_SERVER_ALERT_ALERT_PATH_H

#include "common/base/clock.h"
#include "common/base/status.h"
#include "server/alert/crop.h"
#include "server/match/matcher.h"
#include "server/vault/vault.h"

struct alert_path;

struct alert_path_options {
    const char *conninfo; /* all borrowed */
    const char *model_pack;
    const char *onnxruntime_path; /* NULL: as built */
    struct vault *vault;
    struct tally *tally;
    const struct ov_clock *clock;
    int threads;
    /* On a worker's thread; owns the job. outcome MATCH_COMPARED: alerted[] says which probes have
     * an alert. MATCH_FAILED: nothing may be acknowledged. */
    void (*on_raised)(void *ctx, struct match_job *take_job);
    void *ctx;
};

/* Opens the connections and loads the models first: fails when one cannot. */
OV_CHECKED enum ov_status alert_path_start(const struct alert_path_options *options,
                                           struct alert_path **ret_path, struct ov_error *err);

/* For matchers: a job with candidates. Waits for room. On OV_ERR_CLOSED the caller keeps it. */
OV_CHECKED enum ov_status alert_path_raise(struct alert_path *path, struct match_job *job);
/* For the capture loop and the courier. Never waits; on failure the caller keeps the job. */
OV_CHECKED enum ov_status alert_path_check_crop(struct alert_path *path, struct crop_job *job);

/* Finishes what can be finished with the database as it is, and joins. Takes NULL. */
void alert_path_stop(struct alert_path *path);

#endif
