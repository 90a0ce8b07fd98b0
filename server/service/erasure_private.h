/* What the erasures of lists and of alerts share: going through what is due, and the alarm. Private
 * to service/. */
#ifndef OVERT_SERVER_SERVICE_ERASURE_PRIVATE_H
#define OVERT_SERVER_SERVICE_ERASURE_PRIVATE_H

#include "server/store/erasures.h"

struct service;

#define ERASURE_ALARM_LIST "erasure.overdue"
#define ERASURE_ALARM_ALERTS "erasure.alerts_overdue"
/* A list's key is missing before its erasure began: the alarm, and the error. */
#define ERASURE_ALARM_KEY "erasure.key_gone"

/* Whether a key that could not be used is missing, damaged or another one: what a waiver covers. */
bool erasure_is_lost(const struct ov_error *why);

struct erasure_kind {
    const char *name; /* for the log */
    const char *alarm;
    enum ov_status (*each_due)(struct store *store,
                               enum ov_status (*on_row)(void *ctx, const struct erasure_due *),
                               void *ctx, struct ov_error *err);
    enum ov_status (*erase)(struct service *service, const struct erasure_due *due,
                            struct ov_error *err);
};

/* Erases all that is due; one that fails stops no other. What is overdue and fails raises the
 * alarm, what is erased ends it. Returns the first failure. */
OV_CHECKED enum ov_status erasure_run_due(struct service *service, const struct erasure_kind *kind,
                                          struct ov_error *err);

OV_CHECKED enum ov_status erasure_end_alarm(struct service *service, const char *code,
                                            const struct ov_id *deployment_id,
                                            struct ov_error *err);

#endif
