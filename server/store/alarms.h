/* Alarms: what somebody has to look at, open until it is cleared. */
#ifndef OVERT_SERVER_STORE_ALARMS_H
#define OVERT_SERVER_STORE_ALARMS_H

#include "server/store/store.h"

#define ALARM_CODE_SIZE 128

struct alarm_row {
    struct ov_id id;
    char code[ALARM_CODE_SIZE]; /* stable and dotted: "oversight.suspended" */
    int64_t raised_at_us;
    struct ov_id raised_by;     /* the person whose act raised it; zero: the server noticed */
    struct ov_id deployment_id; /* zero: none */
    struct ov_id object_id;     /* zero: none */
    int64_t cleared_at_us;      /* 0: open */
    struct ov_id cleared_by;    /* zero: open, or its cause ended */
};

/* Inserts an open alarm. ret_new is false, and nothing changes, when the same one (code,
 * deployment, object) is open already. */
OV_CHECKED enum ov_status store_alarm_raise(struct store *store, const struct alarm_row *alarm,
                                            bool *ret_new, struct ov_error *err);

/* OV_ERR_NOT_FOUND "alarm.unknown", OV_ERR_STATE "alarm.cleared", OV_ERR_DENIED
 * "alarm.same_person". */
OV_CHECKED enum ov_status store_alarm_clear(struct store *store, const struct ov_id *id,
                                            const struct ov_id *by, int64_t at_us,
                                            struct ov_error *err);

OV_CHECKED enum ov_status store_alarm_get(struct store *store, const struct ov_id *id,
                                          struct alarm_row *ret, struct ov_error *err);
/* The open one; OV_ERR_NOT_FOUND "alarm.unknown" when there is none. Zero ids: none. */
OV_CHECKED enum ov_status store_alarm_find(struct store *store, const char *code,
                                           const struct ov_id *deployment_id,
                                           const struct ov_id *object_id, struct alarm_row *ret,
                                           struct ov_error *err);

/* Newest first; cleared ones too where with_cleared says so. */
OV_CHECKED enum ov_status
store_alarm_each(struct store *store, bool with_cleared, const struct store_page *page,
                 enum ov_status (*on_row)(void *ctx, const struct alarm_row *), void *ctx,
                 struct ov_error *err);

#endif
