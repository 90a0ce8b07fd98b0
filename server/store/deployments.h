/* Deployments: the authority under which anything is searched. */
#ifndef OVERT_SERVER_STORE_DEPLOYMENTS_H
#define OVERT_SERVER_STORE_DEPLOYMENTS_H

#include "common/face/zone.h"
#include "common/wire/messages.h"
#include "server/store/store.h"

#define DEPLOYMENT_NAME_SIZE 121
#define DEPLOYMENT_PURPOSE_SIZE 2001
#define DEPLOYMENT_SITES_MAX 16
#define DEPLOYMENT_CAMERAS_MAX 32
#define DEPLOYMENT_CODE_SIZE 41 /* of a-z and _ */
#define DEPLOYMENT_FLAGS_MAX 16
#define DEPLOYMENT_CATEGORIES_MAX 16

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

/* On what it rests: nothing yet, an officer's word, or their signature. */
enum deployment_authority { AUTHORITY_NONE, AUTHORITY_ORAL, AUTHORITY_WRITTEN };
const char *deployment_authority_name(enum deployment_authority authority);

/* Why it ended. After the urgent ones its list and alerts are due for erasure at once. */
enum deployment_end {
    END_NONE, /* it has not */
    END_STOPPED,
    END_WINDOW_CLOSED,
    END_URGENT_REFUSED, /* the written authorisation after an oral one was refused */
    END_URGENT_LAPSED,  /* it was not given in time */
    END_REFUSED,
    END_CANCELLED,
    END_LAPSED /* its window passed and it was never authorised */
};
const char *deployment_end_name(enum deployment_end end);

struct deployment_camera {
    struct ov_id site_id;
    char camera[OV_CAMERA_NAME_SIZE];
    struct ov_zone zone;
};

struct deployment {
    struct ov_id id;
    char name[DEPLOYMENT_NAME_SIZE];
    char purpose[DEPLOYMENT_PURPOSE_SIZE]; /* free text about the deployment */
    enum deployment_kind kind;
    enum deployment_state state;
    int64_t starts_at_us; /* the authorised window */
    int64_t ends_at_us;
    float threshold;             /* cosine; valid for model_digest only */
    int cool_down_s;             /* no second alert for one entry within this time */
    int min_face_px;             /* smallest face looked for */
    struct ov_quality_gate gate; /* which faces are compared; a draft has ov_quality_gate_probe() */
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

    int revision;           /* counts the changes of the draft */
    struct ov_id edited_by; /* zero: as it was made */
    int64_t edited_at_us;
    int policy_version; /* 0 for a draft; afterwards the one it keeps */
    uint8_t application_digest[OV_DIGEST_BYTES];
    uint8_t settings_digest[OV_DIGEST_BYTES];
    enum deployment_authority authority;
    uint8_t authorisation_digest[OV_DIGEST_BYTES]; /* zero until there is one */
    bool urgent;                                   /* it began on an oral authorisation */
    struct ov_id oral_by;
    struct ov_id recorded_by;
    int64_t oral_at_us;
    int64_t written_due_at_us;
    enum deployment_end end_reason;
    char location_type[DEPLOYMENT_CODE_SIZE]; /* "": not said */
    bool has_place;
    int latitude_e6; /* degrees x 1,000,000 */
    int longitude_e6;
    int expected_footfall; /* 0: not said */
    int expected_entries;
    int retention_watchlist_h;
    int retention_alert_h;
    int retention_true_alert_h;
    size_t flag_count;
    char flags[DEPLOYMENT_FLAGS_MAX][DEPLOYMENT_CODE_SIZE];
    size_t category_count; /* 0: any */
    char categories[DEPLOYMENT_CATEGORIES_MAX][DEPLOYMENT_CODE_SIZE];
};

/* Authority was given orally and not put in writing in time: it has ended, whatever the state. */
bool deployment_is_overdue(const struct deployment *row, int64_t at_us);

/* Inserts a draft (revision 1) with its sites, cameras and categories. Its documents are written
 * before. */
OV_CHECKED enum ov_status store_deployment_add(struct store *store, const struct deployment *row,
                                               const struct deployment_camera *cameras,
                                               size_t camera_count, struct ov_error *err);
/* Replaces what a draft says; row->revision is the one that it becomes, OV_ERR_CONFLICT
 * "deployment.changed_meanwhile" unless it follows the one there is. */
OV_CHECKED enum ov_status store_deployment_edit(struct store *store, const struct deployment *row,
                                                const struct deployment_camera *cameras,
                                                size_t camera_count, struct ov_error *err);
/* Draft -> applied, under the policy in force (0: there is none, which the rules refuse); makes the
 * watchlist's partitions. */
OV_CHECKED enum ov_status store_deployment_apply(struct store *store, const struct ov_id *id,
                                                 const struct ov_id *by, int policy_version,
                                                 int64_t at_us, struct ov_error *err);
OV_CHECKED enum ov_status store_deployment_cameras(
    struct store *store, const struct ov_id *id,
    enum ov_status (*on_row)(void *ctx, const struct deployment_camera *camera), void *ctx,
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
/* Applied -> authorised, in writing. digest: the document "authorisation". The database checks the
 * step, the person's role, and that they are not the applicant. */
OV_CHECKED enum ov_status store_deployment_authorise(struct store *store, const struct ov_id *id,
                                                     const struct ov_id *by,
                                                     const uint8_t digest[OV_DIGEST_BYTES],
                                                     int64_t at_us, struct ov_error *err);
/* The written authorisation after an oral one; the state stays as it is. */
OV_CHECKED enum ov_status store_deployment_confirm(struct store *store, const struct ov_id *id,
                                                   const struct ov_id *by,
                                                   const uint8_t digest[OV_DIGEST_BYTES],
                                                   int64_t at_us, struct ov_error *err);

struct deployment_oral {
    struct ov_id by;          /* who authorised */
    struct ov_id recorded_by; /* who says so */
    uint8_t digest[OV_DIGEST_BYTES];
    int64_t at_us;
    int64_t written_due_at_us;
};
/* Applied -> authorised, orally. */
OV_CHECKED enum ov_status store_deployment_oral(struct store *store, const struct ov_id *id,
                                                const struct deployment_oral *oral,
                                                struct ov_error *err);

/* To live, paused or erased; or to an end, for the ordinary reason: stopped, refused, cancelled. */
OV_CHECKED enum ov_status store_deployment_set_state(struct store *store, const struct ov_id *id,
                                                     enum deployment_state state, int64_t at_us,
                                                     struct ov_error *err);
/* To closed, refused or cancelled. */
OV_CHECKED enum ov_status store_deployment_end(struct store *store, const struct ov_id *id,
                                               enum deployment_state state,
                                               enum deployment_end reason, int64_t at_us,
                                               struct ov_error *err);
/* What is closed already and rested on an oral authorisation only: refused or lapsed. */
OV_CHECKED enum ov_status store_deployment_end_urgent(struct store *store, const struct ov_id *id,
                                                      enum deployment_end reason,
                                                      struct ov_error *err);
/* Those on an oral authorisation whose written one is overdue, also when they have ended. */
OV_CHECKED enum ov_status
store_deployment_each_overdue(struct store *store, int64_t now_us,
                              enum ov_status (*on_row)(void *ctx, const struct deployment *),
                              void *ctx, struct ov_error *err);
/* Adds one to gallery_version and notifies "overt_gallery" at commit. */
OV_CHECKED enum ov_status store_deployment_bump_gallery(struct store *store, const struct ov_id *id,
                                                        struct ov_error *err);

/* Newest first, drafts before all others. */
OV_CHECKED enum ov_status store_deployment_page(struct store *store, const struct store_page *page,
                                                enum ov_status (*on_row)(void *ctx,
                                                                         const struct deployment *),
                                                void *ctx, struct ov_error *err);

#endif
