/*
 * Waivers of the ledger: who asked to erase a list that cannot be written into it any more, and who
 * confirmed. The database holds that they are two, of their roles, and that nothing else leaves the
 * ledger out.
 */
#ifndef OVERT_SERVER_STORE_WAIVERS_H
#define OVERT_SERVER_STORE_WAIVERS_H

#include "server/store/store.h"

/* What is lost for good. A waiver covers this and nothing else. */
enum waiver_reason {
    WAIVER_LIST_KEY_LOST,  /* nobody can read the list's references */
    WAIVER_LEDGER_KEY_LOST /* nobody can make pseudonyms of them */
};
#define WAIVER_REASONS 2
const char *waiver_reason_name(int reason);

enum waiver_state { WAIVER_ASKED, WAIVER_CONFIRMED, WAIVER_WITHDRAWN };
const char *waiver_state_name(int state);

struct ledger_waiver {
    struct ov_id id;
    struct ov_id deployment_id;
    enum waiver_reason reason;
    struct ov_id asked_by;
    int64_t asked_at_us; /* these two are the database's */
    int64_t expires_at_us;
    enum waiver_state state;
    struct ov_id decided_by;
    int64_t decided_at_us;
};

/* id, deployment, reason and asked_by. "erasure.state", "erasure.begun", "waiver.asked",
 * "permission.role". */
OV_CHECKED enum ov_status store_waiver_ask(struct store *store, const struct ledger_waiver *waiver,
                                           struct ov_error *err);
/* Locks the row. OV_ERR_NOT_FOUND "waiver.unknown". */
OV_CHECKED enum ov_status store_waiver_lock(struct store *store, const struct ov_id *id,
                                            struct ledger_waiver *ret, struct ov_error *err);
/* "waiver.decided", "waiver.same_person", "waiver.expired", "permission.role". */
OV_CHECKED enum ov_status store_waiver_decide(struct store *store, const struct ov_id *id,
                                              enum waiver_state state, const struct ov_id *by,
                                              struct ov_error *err);
/* The one that was confirmed for this reason: OV_ERR_NOT_FOUND "waiver.none". */
OV_CHECKED enum ov_status store_waiver_confirmed(struct store *store,
                                                 const struct ov_id *deployment_id,
                                                 enum waiver_reason reason,
                                                 struct ledger_waiver *ret, struct ov_error *err);
/* Newest first. */
OV_CHECKED enum ov_status store_waiver_each(struct store *store, const struct store_page *page,
                                            enum ov_status (*on_row)(void *ctx,
                                                                     const struct ledger_waiver *),
                                            void *ctx, struct ov_error *err);

#endif
