/*
 * The matchers: threads that compare batches of probes with galleries.
 *
 * A job belongs to the matchers from match_submit until it is handed to on_matched. Every
 * descriptor without a candidate is wiped before that, and nothing else about its probe is kept but
 * a count.
 */
#ifndef OVERT_SERVER_MATCH_MATCHER_H
#define OVERT_SERVER_MATCH_MATCHER_H

#include <stdint.h>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/wire/messages.h"
#include "server/match/gallery.h"
#include "server/match/registry.h"
#include "server/match/tally.h"

enum match_outcome {
    MATCH_WAITING,  /* not yet compared */
    MATCH_COMPARED, /* candidates holds what was found */
    MATCH_NOT_LIVE, /* no authority at the time of the search: nothing was compared */
    MATCH_FAILED    /* memory or the index; has been logged, nothing may be acknowledged */
};
const char *match_outcome_name(enum match_outcome outcome);

/* One ProbeBatch on its way through the server. Its descriptors are turned by the deployment's
 * rotation when it is searched, and stay so. */
struct match_job {
    uint64_t session; /* the submitter's token */
    struct ov_id deployment_id;
    struct ov_id site_id;
    struct ov_id run_id;
    int64_t received_at_us; /* server's clock: authority is judged by it */
    struct ov_probe_batch batch;
    enum match_outcome outcome;
    struct candidate_list candidates;  /* .query is an index into batch.probes */
    struct target *target;             /* what was searched; set when compared */
    bool alerted[OV_BATCH_PROBES_MAX]; /* the alert path's answer, by probe */
};

/* NULL when memory is out. */
struct match_job *match_job_new(void);
/* Wipes and frees. Takes NULL. */
void match_job_free(struct match_job *job);

struct matchers;

struct matchers_options {
    struct registry *registry; /* borrowed, like the next two */
    struct tally *tally;
    const struct ov_clock *clock;
    int threads;
    size_t queue_capacity; /* jobs */
    /* On a matcher's thread; owns the job. */
    void (*on_matched)(void *ctx, struct match_job *take_job);
    void *ctx;
};

OV_CHECKED enum ov_status matchers_start(const struct matchers_options *options,
                                         struct matchers **ret_matchers, struct ov_error *err);
/* Never waits. OV_ERR_LIMIT (full) or OV_ERR_CLOSED: the caller keeps the job. */
OV_CHECKED enum ov_status matchers_submit(struct matchers *matchers, struct match_job *job);
/* Finishes what was submitted and joins. Takes NULL. */
void matchers_stop(struct matchers *matchers);

#endif
