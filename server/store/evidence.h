/* Alerts that are kept as evidence: holds, and the terms for which they are in force. */
#ifndef OVERT_SERVER_STORE_EVIDENCE_H
#define OVERT_SERVER_STORE_EVIDENCE_H

#include "server/store/store.h"

#define EVIDENCE_CODE_SIZE 24

struct evidence_hold {
    struct ov_id id;
    struct ov_id alert_id;
    struct ov_id deployment_id;
    char outcome[EVIDENCE_CODE_SIZE];    /* what had been found about the alert */
    char kind[EVIDENCE_CODE_SIZE];       /* "proceedings", "complaint" */
    char brought_by[EVIDENCE_CODE_SIZE]; /* "subject", "other" */
    struct store_bytes sealed_number;    /* the alert's key, column "evidence.number", row = hold */
    int64_t ended_at_us;
    char end_reason[EVIDENCE_CODE_SIZE]; /* "", "released", "lapsed" */
    struct ov_id ended_by;
    bool in_force;
    /* The last term that was confirmed; zero: none was. */
    int64_t review_at_us;
    struct ov_id proposed_by;
    struct ov_id confirmed_by;
    int64_t confirmed_at_us;
    /* The one that waits for confirmation; zero: none does. */
    struct ov_id open_id;
    int64_t open_review_at_us;
    struct ov_id open_by;
    int64_t open_at_us;
};
typedef enum ov_status (*evidence_on_hold)(void *ctx, const struct evidence_hold *);

/* OV_ERR_NOT_FOUND "evidence.unknown"; bytes are borrowed during the callback. */
OV_CHECKED enum ov_status store_evidence_get(struct store *store, const struct ov_id *id,
                                             evidence_on_hold on_hold, void *ctx,
                                             struct ov_error *err);
/* Newest first; after may be NULL. on_hold may use the store. */
OV_CHECKED enum ov_status store_evidence_each(struct store *store, const struct ov_id *after,
                                              int limit, evidence_on_hold on_hold, void *ctx,
                                              struct ov_error *err);
/* Until the transaction ends nobody else decides about it. OV_ERR_NOT_FOUND "evidence.unknown". */
OV_CHECKED enum ov_status store_evidence_lock(struct store *store, const struct ov_id *id,
                                              struct ov_error *err);
/* Ids, kind, brought_by and sealed_number of row. */
OV_CHECKED enum ov_status store_evidence_add(struct store *store, const struct evidence_hold *row,
                                             struct ov_error *err);
OV_CHECKED enum ov_status store_evidence_term_add(struct store *store, const struct ov_id *hold_id,
                                                  int64_t review_at_us, const struct ov_id *by,
                                                  struct ov_error *err);
/* OV_ERR_STATE "evidence.nothing_open". */
OV_CHECKED enum ov_status store_evidence_confirm(struct store *store, const struct ov_id *hold_id,
                                                 const struct ov_id *by, struct ov_error *err);
/* by NULL: it lapsed. OV_ERR_STATE "evidence.over". */
OV_CHECKED enum ov_status store_evidence_end(struct store *store, const struct ov_id *hold_id,
                                             const struct ov_id *by, struct ov_error *err);
/* id, alert_id and deployment_id of the holds that have to end. */
OV_CHECKED enum ov_status store_evidence_each_lapsed(struct store *store, evidence_on_hold on_hold,
                                                     void *ctx, struct ov_error *err);
/* Ids of the events about an alert and its hold, in the order of their transactions. */
OV_CHECKED enum ov_status
store_evidence_events(struct store *store, const struct ov_id *alert_id,
                      const struct ov_id *hold_id,
                      enum ov_status (*on_event)(void *ctx, const struct ov_id *event_id),
                      void *ctx, struct ov_error *err);

#endif
