/* Duty: who is there while a deployment runs. */
#ifndef OVERT_SERVER_STORE_DUTY_H
#define OVERT_SERVER_STORE_DUTY_H

#include "server/store/people.h"
#include "server/store/store.h"

struct duty {
    struct ov_id person_id;
    enum role role; /* ROLE_DEPLOYMENT_LEAD, _ADJUDICATOR or _ENGAGEMENT_OFFICER */
    int64_t since_us;
    int64_t last_seen_us;
    int64_t until_us; /* 0: it lasts */
    bool may_act;     /* the person is active and still holds the role */
};

struct duty_presence {
    int64_t adjudicators; /* heard of recently */
    int64_t engagement_officers;
};

/* Who, where, as what: names one duty that lasts. */
struct duty_key {
    struct ov_id deployment_id;
    struct ov_id person_id;
    enum role role;
};

/* OV_ERR_EXISTS "duty.taken" when it lasts already; "duty.state" at a deployment that is not
 * authorised, live or paused; "duty.without_role". */
OV_CHECKED enum ov_status store_duty_take(struct store *store, const struct duty_key *key,
                                          int64_t at_us, struct ov_error *err);
/* OV_ERR_NOT_FOUND "duty.none" when there is none that lasts; so the next. */
OV_CHECKED enum ov_status store_duty_seen(struct store *store, const struct duty_key *key,
                                          int64_t at_us, struct ov_error *err);
OV_CHECKED enum ov_status store_duty_end(struct store *store, const struct duty_key *key,
                                         int64_t at_us, struct ov_error *err);
/* All that last of a person's, or those of one role; ret_ended tells how many. role NULL: all. */
OV_CHECKED enum ov_status store_duty_end_all(struct store *store, const struct ov_id *person_id,
                                             const char *role, int64_t at_us, int64_t *ret_ended,
                                             struct ov_error *err);
/* Those that last first. */
OV_CHECKED enum ov_status store_duty_each(struct store *store, const struct ov_id *deployment_id,
                                          enum ov_status (*on_row)(void *ctx, const struct duty *),
                                          void *ctx, struct ov_error *err);
OV_CHECKED enum ov_status store_duty_presence(struct store *store,
                                              const struct ov_id *deployment_id,
                                              int64_t heard_since_us, struct duty_presence *ret,
                                              struct ov_error *err);

#endif
