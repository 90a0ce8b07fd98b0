/*
 * One candidate becomes an alert, or is found not to: in one transaction. Private to alert/.
 */
#ifndef OVERT_SERVER_ALERT_RAISE_H
#define OVERT_SERVER_ALERT_RAISE_H

#include "server/alert/worker.h"
#include "server/match/matcher.h"

enum raise_outcome {
    RAISE_NEW,        /* committed */
    RAISE_SAME,       /* this probe had alerted before: a resend */
    RAISE_SUPPRESSED, /* same track, or within the cool-down */
    RAISE_DROPPED     /* entry withdrawn or deployment stopped since the search: no alert */
};
const char *raise_outcome_name(enum raise_outcome outcome);

/*
 * Tries until the outcome is known, always with the same alert id: OV_OK says it is. Otherwise the
 * server is stopping, or the failure is one that waiting does not cure: nothing may be
 * acknowledged.
 */
OV_CHECKED enum ov_status raise_alert(struct alert_worker *worker, const struct match_job *job,
                                      const struct candidate *candidate, enum raise_outcome *ret,
                                      struct ov_error *err);

#endif
