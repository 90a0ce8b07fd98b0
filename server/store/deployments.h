/* Deployments: the authority under which anything is searched. */
#ifndef OVERT_SERVER_STORE_DEPLOYMENTS_H
#define OVERT_SERVER_STORE_DEPLOYMENTS_H

#include "common/wire/messages.h"
#include "server/store/store.h"

#define DEPLOYMENT_NAME_SIZE 121
#define DEPLOYMENT_PURPOSE_SIZE 2001
#define DEPLOYMENT_SITES_MAX 16

enum deployment_kind { DEPLOYMENT_EXERCISE, DEPLOYMENT_OPERATIONAL };
const char *deployment_kind_name(enum deployment_kind kind);

enum deployment_state {
    DEPLOYMENT_DRAFT,
    DEPLOYMENT_APPLIED,
    DEPLOYMENT_AUTHORISED,
    DEPLOYMENT_LIVE,
    DEPLOYMENT_PAUSED,
    DEPLOYMENT_CLOSED,
    DEPLOYMENT_ERASED,
    DEPLOYMENT_REFUSED,
    DEPLOYMENT_CANCELLED
};
const char *deployment_state_name(enum deployment_state state);

struct deployment {
    struct ov_id id;
    char name[DEPLOYMENT_NAME_SIZE];
    char purpose[DEPLOYMENT_PURPOSE_SIZE]; /* free text about the deployment */
    enum deployment_kind kind;
    enum deployment_state state;
    int64_t starts_at_us; /* the authorised window */
    int64_t ends_at_us;
    float threshold; /* cosine; valid for model_digest only */
    int cool_down_s; /* no second alert for one entry within this time */
    int min_face_px; /* smallest face looked for */
    uint8_t model_digest[OV_DIGEST_BYTES];
    struct ov_id applied_by;
    struct ov_id authorised_by; /* zero until authorised; never applied_by */
    int64_t applied_at_us;
    int64_t authorised_at_us; /* 0 until then, like the next two */
    int64_t went_live_at_us;
    int64_t closed_at_us;
    int64_t gallery_version; /* counts up with each change of the searched list */
    size_t site_count;
    struct ov_id sites[DEPLOYMENT_SITES_MAX];
};

/* Inserts in state applied, with its sites, and makes the watchlist partitions. */
OV_CHECKED enum ov_status store_deployment_add(struct store *store, const struct deployment *row,
                                               struct ov_error *err);
/* OV_ERR_NOT_FOUND "deployment.unknown". for_update locks the row until the transaction ends. */
OV_CHECKED enum ov_status store_deployment_get(struct store *store, const struct ov_id *id,
                                               bool for_update, struct deployment *ret,
                                               struct ov_error *err);
OV_CHECKED enum ov_status store_deployment_by_name(struct store *store, const char *name,
                                                   struct deployment *ret, struct ov_error *err);
/* Newest first. */
OV_CHECKED enum ov_status store_deployment_each(struct store *store,
                                                enum ov_status (*on_row)(void *ctx,
                                                                         const struct deployment *),
                                                void *ctx, struct ov_error *err);
/* Those that are live or paused. */
OV_CHECKED enum ov_status
store_deployment_each_running(struct store *store,
                              enum ov_status (*on_row)(void *ctx, const struct deployment *),
                              void *ctx, struct ov_error *err);
/* The database checks that the step is legal and that by is not the applicant where it matters. */
OV_CHECKED enum ov_status store_deployment_authorise(struct store *store, const struct ov_id *id,
                                                     const struct ov_id *by, int64_t at_us,
                                                     struct ov_error *err);
OV_CHECKED enum ov_status store_deployment_set_state(struct store *store, const struct ov_id *id,
                                                     enum deployment_state state, int64_t at_us,
                                                     struct ov_error *err);
/* Adds one to gallery_version and notifies "overt_gallery" at commit. */
OV_CHECKED enum ov_status store_deployment_bump_gallery(struct store *store, const struct ov_id *id,
                                                        struct ov_error *err);

#endif
