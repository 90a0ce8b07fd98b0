/*
 * The picture behind an alert: asked for once the alert is committed, checked against the probe,
 * sealed with the alert's key. An alert without one says so.
 */
#ifndef OVERT_SERVER_ALERT_CROP_H
#define OVERT_SERVER_ALERT_CROP_H

#include "common/base/id.h"
#include "common/base/secret.h"
#include "server/store/alerts.h"

/*
 * A crop is the probe's face when its descriptor, computed here from the JPEG, is at least this
 * close to the probe's. Measured with the default pack on 3,165 photographs of LFW
 * (tests/bench/match/crop_match): of the crops' own probes 99.7 % are above (median 0.994, one in a
 * hundred below 0.946); of other people's none (1,431 pairs, most 0.434); of other photographs of
 * the same person 5 %. So a crop of somebody else is always noticed, one of another moment nearly
 * always, and three in a thousand good ones are flagged for a person to look at.
 */
#define CROP_MATCH_COSINE 0.85f

/* How long after it was raised an alert waits for its crop. */
#define CROP_WAIT_US (INT64_C(60) * OV_US_PER_S)

struct crop_job {
    struct ov_id alert_id;
    bool by_clock;        /* nothing came in time; the fields below are then empty */
    struct ov_id site_id; /* of the session that delivered it */
    struct ov_id deployment_id;
    struct ov_id run_id;
    uint64_t sequence;
    struct ov_secret jpeg; /* empty: the site no longer has it */
};
/* NULL when memory is out. */
struct crop_job *crop_job_new(const struct ov_id *alert_id);
void crop_job_free(struct crop_job *job);

struct alert_worker;

/* On an alert worker: checks, seals, stores, records. What fails is logged; a crop that could not
 * be stored is missing when the clock says so. */
void crop_check(struct alert_worker *worker, const struct crop_job *job);

bool crop_score_is_match(float cosine);

#endif
