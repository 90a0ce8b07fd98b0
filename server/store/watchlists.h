/* Watchlist entries, their reference images and templates: sealed, partitioned by deployment. */
#ifndef OVERT_SERVER_STORE_WATCHLISTS_H
#define OVERT_SERVER_STORE_WATCHLISTS_H

#include "common/wire/messages.h"
#include "server/store/store.h"

#define WATCHLIST_CODE_SIZE 41 /* category and response: codes of [a-z_] */
#define WATCHLIST_IMAGES_PER_ENTRY_MAX 5

/* Volunteers that measure recognition: with consent, never engaged, counted apart. */
#define WATCHLIST_BLUE_LIST "blue_list"

enum entry_state { ENTRY_PROPOSED, ENTRY_APPROVED, ENTRY_WITHDRAWN, ENTRY_EXPIRED };
const char *entry_state_name(enum entry_state state);

enum image_state { IMAGE_ACCEPTED, IMAGE_PENDING, IMAGE_REJECTED };
const char *image_state_name(enum image_state state);

struct watchlist_entry {
    struct ov_id id; /* random per deployment; the pseudonym in events */
    struct ov_id deployment_id;
    char category[WATCHLIST_CODE_SIZE];
    char response[WATCHLIST_CODE_SIZE];
    enum entry_state state;
    struct ov_id added_by;
    struct ov_id approved_by; /* zero until approved; never added_by */
    int64_t added_at_us;
    struct store_bytes sealed_name;      /* column "entry.name", row id */
    struct store_bytes sealed_reference; /* column "entry.reference", row id */
    int priority;                        /* 1 high, 2 normal, 3 low; 0 on adding: normal */
    char legal_basis[WATCHLIST_CODE_SIZE];
    struct store_bytes sealed_justification; /* column "entry.justification", or empty */
    struct store_bytes sealed_birth_date;    /* column "entry.birth_date", or empty */
    bool under_18;
    bool birth_unknown;
    int64_t expires_at_us; /* 0: with the deployment */
    bool has_consent;      /* blue list only */
    uint8_t consent_digest[OV_DIGEST_BYTES];
    /* On reading: */
    int image_count; /* without those rejected */
    int image_rows;  /* all: what an opening has seen */
    int images_pending;
    bool old_image;  /* one of its images is old, or of unknown age */
    bool overridden; /* one of its images was taken against a check */
};

struct watchlist_image {
    struct ov_id id;
    struct ov_id entry_id;
    struct ov_id deployment_id;
    struct store_bytes sealed_jpeg;      /* column "image.jpeg" */
    struct store_bytes sealed_thumbnail; /* column "image.thumbnail": JPEG of the face, <= 64 KiB */
    struct store_bytes sealed_template;  /* column "image.template": float32, turned */
    /* Column "image.ledger_digest": as the ledger will hold it. On adding only, and may be empty.
     */
    struct store_bytes sealed_ledger_digest;
    uint8_t model_digest[OV_DIGEST_BYTES];
    int eye_distance_px;
    int sharpness_milli;
    struct store_bytes content_tag; /* 32 bytes: keyed digest of the JPEG, once per entry */
    enum image_state state;
    char source[WATCHLIST_CODE_SIZE]; /* "" on adding: not stated */
    int64_t taken_at_us;              /* midnight UTC of the day it was taken; 0: unknown */
    bool old_image;
    char override_code[WATCHLIST_CODE_SIZE]; /* "": none */
};

OV_CHECKED enum ov_status store_entry_add(struct store *store, const struct watchlist_entry *entry,
                                          struct ov_error *err);
OV_CHECKED enum ov_status store_image_add(struct store *store, const struct watchlist_image *image,
                                          struct ov_error *err);
/* Whether the entry has a photograph with this content tag. */
OV_CHECKED enum ov_status store_image_has_tag(struct store *store,
                                              const struct ov_id *deployment_id,
                                              const struct ov_id *entry_id, struct store_bytes tag,
                                              bool *ret_has, struct ov_error *err);
OV_CHECKED enum ov_status store_entry_get(struct store *store, const struct ov_id *deployment_id,
                                          const struct ov_id *entry_id, bool for_update,
                                          enum ov_status (*on_row)(void *ctx,
                                                                   const struct watchlist_entry *),
                                          void *ctx, struct ov_error *err);
/* Oldest first, from after the entry `after` (NULL: from the start), at most limit. */
OV_CHECKED enum ov_status
store_entry_each(struct store *store, const struct ov_id *deployment_id, const struct ov_id *after,
                 int limit, enum ov_status (*on_row)(void *ctx, const struct watchlist_entry *),
                 void *ctx, struct ov_error *err);
/* proposed -> approved; the database refuses by == added_by ("entry.same_person"). */
OV_CHECKED enum ov_status store_entry_approve(struct store *store,
                                              const struct ov_id *deployment_id,
                                              const struct ov_id *entry_id, const struct ov_id *by,
                                              int64_t at_us, struct ov_error *err);
OV_CHECKED enum ov_status store_entry_withdraw(struct store *store,
                                               const struct ov_id *deployment_id,
                                               const struct ov_id *entry_id, int64_t at_us,
                                               struct ov_error *err);
/* What has expired of the lists that may still change, at most limit. */
OV_CHECKED enum ov_status store_entry_expired_each(
    struct store *store, int limit,
    enum ov_status (*on_row)(void *ctx, const struct ov_id *deployment_id, const struct ov_id *id),
    void *ctx, struct ov_error *err);
OV_CHECKED enum ov_status store_entry_expire(struct store *store, const struct ov_id *deployment_id,
                                             const struct ov_id *entry_id, int64_t at_us,
                                             struct ov_error *err);
/* The images of an entry, their full size (sealed_jpeg) left out; of the sealed bytes each is
 * borrowed for the call. */
OV_CHECKED enum ov_status store_image_each(struct store *store, const struct ov_id *deployment_id,
                                           const struct ov_id *entry_id,
                                           enum ov_status (*on_row)(void *ctx,
                                                                    const struct watchlist_image *),
                                           void *ctx, struct ov_error *err);
/* pending -> accepted or rejected, by another person than who added the entry. */
OV_CHECKED enum ov_status store_image_decide(struct store *store,
                                             const struct watchlist_image *image,
                                             enum image_state state, const struct ov_id *by,
                                             int64_t at_us, struct ov_error *err);

/* Entries of one category, response and state. */
struct watchlist_group {
    char category[WATCHLIST_CODE_SIZE];
    char response[WATCHLIST_CODE_SIZE];
    char state[WATCHLIST_CODE_SIZE];
    int64_t entries;
    uint8_t members[OV_DIGEST_BYTES]; /* SHA-256 over their ids, ascending */
};
OV_CHECKED enum ov_status
store_watchlist_summary(struct store *store, const struct ov_id *deployment_id,
                        enum ov_status (*on_row)(void *ctx, const struct watchlist_group *group),
                        void *ctx, struct ov_error *err);
/* Counts by state; the blue list is counted apart. */
struct watchlist_counts {
    int64_t proposed, approved, withdrawn, expired;
    int64_t blue_list; /* proposed or approved */
    /* Of the caps: proposed now or ever approved. */
    int64_t listed, blue_listed;
};
/* Of those, only how much of the caps is used (listed, blue_listed): costs the same however long
 * the list is, where counting goes through all of it. */
OV_CHECKED enum ov_status store_watchlist_used(struct store *store,
                                               const struct ov_id *deployment_id,
                                               struct watchlist_counts *ret, struct ov_error *err);
OV_CHECKED enum ov_status store_watchlist_counts(struct store *store,
                                                 const struct ov_id *deployment_id,
                                                 struct watchlist_counts *ret,
                                                 struct ov_error *err);

/*
 * Drops the tables of an ended deployment's watchlist (the key is the vault's to destroy, before).
 * Fine when they are gone. OV_ERR_STATE "deployment.wrong_state" while it may still be used;
 * OV_ERR_UNAVAILABLE "store.busy" when somebody is reading lists just now: try again.
 */
OV_CHECKED enum ov_status
store_watchlist_erase(struct store *store, const struct ov_id *deployment_id, struct ov_error *err);

/* One template of an approved entry, as a gallery is built from it. */
struct gallery_row {
    struct ov_id entry_id;
    struct ov_id image_id;
    struct store_bytes sealed_template;
    uint8_t model_digest[OV_DIGEST_BYTES];
};
/* Streams (single-row mode): memory stays small whatever the list's size. In no order; on_row may
 * not use the store. */
OV_CHECKED enum ov_status store_gallery_each(struct store *store, const struct ov_id *deployment_id,
                                             enum ov_status (*on_row)(void *ctx,
                                                                      const struct gallery_row *),
                                             void *ctx, struct ov_error *err);

/* What an alert copies of its entry: entry columns and the image whose template matched. */
struct alert_source {
    struct watchlist_entry entry;
    struct ov_id image_id;
    struct store_bytes sealed_thumbnail;
};
/* OV_ERR_NOT_FOUND when the entry is no longer approved. */
OV_CHECKED enum ov_status
store_alert_source_get(struct store *store, const struct ov_id *deployment_id,
                       const struct ov_id *entry_id, const struct ov_id *image_id,
                       enum ov_status (*on_row)(void *ctx, const struct alert_source *), void *ctx,
                       struct ov_error *err);

#endif
