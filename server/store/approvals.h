/*
 * What is known of a watchlist while it is being approved: look-alikes, who opened which entry, the
 * rounds of bulk approval; and the reviews of lists before going live.
 */
#ifndef OVERT_SERVER_STORE_APPROVALS_H
#define OVERT_SERVER_STORE_APPROVALS_H

#include "server/store/watchlists.h"

/* --- look-alikes --- */

struct list_row {
    struct ov_id entry_id;
    struct ov_id image_id;
    struct store_bytes sealed_template;
    uint8_t model_digest[OV_DIGEST_BYTES];
    bool compared; /* with all others of the list */
};
/* Every template of an entry proposed or approved. Streams, like store_gallery_each. */
OV_CHECKED enum ov_status store_list_each(struct store *store, const struct ov_id *deployment_id,
                                          enum ov_status (*on_row)(void *ctx,
                                                                   const struct list_row *),
                                          void *ctx, struct ov_error *err);
OV_CHECKED enum ov_status store_compared_add(struct store *store, const struct ov_id *deployment_id,
                                             const struct ov_id *image_ids, size_t count,
                                             struct ov_error *err);
/* In any order; a pair that is there stays as it is. */
OV_CHECKED enum ov_status store_lookalike_add(struct store *store,
                                              const struct ov_id *deployment_id,
                                              const struct ov_id *one, const struct ov_id *other,
                                              int score_milli, struct ov_error *err);
OV_CHECKED enum ov_status store_lookalike_each(
    struct store *store, const struct ov_id *deployment_id, const struct ov_id *entry_id,
    enum ov_status (*on_row)(void *ctx, const struct ov_id *other, int score_milli), void *ctx,
    struct ov_error *err);

/* How many images of proposed entries were not compared yet. */
OV_CHECKED enum ov_status store_compared_left(struct store *store,
                                              const struct ov_id *deployment_id, int64_t *ret,
                                              struct ov_error *err);

/* --- openings and rounds --- */

/* images: all rows of the entry that were shown. */
OV_CHECKED enum ov_status store_opening_add(struct store *store, const struct ov_id *deployment_id,
                                            const struct ov_id *entry_id, const struct ov_id *by,
                                            int images, struct ov_error *err);

struct round_draw {
    struct ov_id deployment_id;
    struct ov_id id;
    struct ov_id by;
    int64_t at_us;
    bool may_under_18;
    int permille; /* of the round, among those without a flag ... */
    int least;    /* ... but so many, if there are */
};
/* Begins a round of everything that others proposed and that is ready, and draws. */
OV_CHECKED enum ov_status store_round_draw(struct store *store, const struct round_draw *draw,
                                           int64_t *ret_entries, struct ov_error *err);

struct round {
    struct ov_id id;
    struct ov_id drawn_by;
    bool approved;
    int64_t entries; /* still proposed and in it; likewise the next */
    int64_t flagged;
    int64_t sampled;
    int64_t opened; /* of the flagged and the sampled */
};
/* OV_ERR_NOT_FOUND "round.unknown". */
OV_CHECKED enum ov_status store_round_get(struct store *store, const struct ov_id *deployment_id,
                                          const struct ov_id *round_id, struct round *ret,
                                          struct ov_error *err);
/* OV_ERR_STATE "round.not_opened" when not all of it was opened. */
OV_CHECKED enum ov_status store_round_approve(struct store *store,
                                              const struct ov_id *deployment_id,
                                              const struct ov_id *round_id, int64_t at_us,
                                              struct ov_error *err);

typedef enum ov_status (*store_on_entry_id)(void *ctx, const struct ov_id *entry_id);
/* What is still to be opened. */
OV_CHECKED enum ov_status store_round_to_open(struct store *store,
                                              const struct ov_id *deployment_id,
                                              const struct ov_id *round_id,
                                              store_on_entry_id on_row, void *ctx,
                                              struct ov_error *err);
/* What of it is still proposed and unchanged, at most limit. */
OV_CHECKED enum ov_status store_round_left(struct store *store, const struct ov_id *deployment_id,
                                           const struct ov_id *round_id, int limit,
                                           store_on_entry_id on_row, void *ctx,
                                           struct ov_error *err);

/* --- reviews --- */

struct review_figures {
    int64_t list_version;
    int64_t approved, blue_list;
    int64_t added, removed, expired; /* since the review before; without one: ever */
    int64_t last_at_us;              /* of the review before; 0: there was none */
    int64_t added_since;             /* approved after it, and still so */
};
OV_CHECKED enum ov_status store_review_figures(struct store *store,
                                               const struct ov_id *deployment_id,
                                               struct review_figures *ret, struct ov_error *err);

struct review_entry {
    struct ov_id id;
    char category[WATCHLIST_CODE_SIZE];
    enum entry_state state;
    struct store_bytes sealed_reference;
};
/* Of those added. */
struct review_relisted {
    int64_t all;         /* on the list of another deployment of the same kind */
    int64_t same_images; /* of these: with no image that is new */
    int64_t new_images;
    int64_t images_unknown;  /* known only from lists whose images the ledger does not have */
    int64_t other_reference; /* with an image that was on a list under another reference */
    int64_t lists_compared;
    int64_t lists_not_compared; /* still there, but not to be opened, or not wholly */
};
/* What changed since the review before. on_row may use the store. */
OV_CHECKED enum ov_status store_review_each(struct store *store, const struct ov_id *deployment_id,
                                            enum ov_status (*on_row)(void *ctx,
                                                                     const struct review_entry *),
                                            void *ctx, struct ov_error *err);
OV_CHECKED enum ov_status store_review_add(struct store *store, const struct ov_id *deployment_id,
                                           const struct ov_id *by, int64_t at_us,
                                           const struct review_figures *figures,
                                           const struct review_relisted *relisted,
                                           struct ov_error *err);

#endif
