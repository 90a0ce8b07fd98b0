/*
 * Approving a watchlist so that it means something, and reviewing it before going live.
 *
 * One entry is approved by somebody who has opened it. Many are approved in a round: the server
 * draws what has to be opened (every flagged entry, and a random part of the others), the approver
 * opens each, then approves the round. Before either, every image is compared with all others of
 * the list, so that look-alikes are known. The database checks all of it again.
 */
#ifndef OVERT_SERVER_SERVICE_APPROVAL_H
#define OVERT_SERVER_SERVICE_APPROVAL_H

#include "server/service/watchlist.h"
#include "server/store/approvals.h"
#include "server/store/deployments.h"
#include "server/store/policies.h"

/* --- look-alikes --- */

struct lookalike_progress {
    int64_t compared;  /* images, by this call */
    int64_t remaining; /* images that still have to be */
    int64_t pairs;     /* of different entries that look alike, found by this call */
};
/* Compares some of the images that were not compared yet with the whole list: about a second's
 * work. To be called again until nothing remains. Whoever may approve. */
OV_CHECKED enum ov_status service_watchlist_compare(struct service *service,
                                                    const struct actor *actor,
                                                    const struct ov_id *deployment_id,
                                                    struct lookalike_progress *ret,
                                                    struct ov_error *err);

/* --- opening --- */

#define WATCHLIST_LOOKALIKES_SHOWN 20

struct opened_image {
    struct watchlist_image row; /* its sealed fields are empty */
    struct ov_secret thumbnail; /* JPEG */
};

struct watchlist_opened {
    struct watchlist_view view;
    size_t image_count; /* without those rejected */
    struct opened_image images[WATCHLIST_IMAGES_PER_ENTRY_MAX];
    size_t lookalike_count;
    struct {
        struct ov_id entry_id;
        int score_milli;
    } lookalikes[WATCHLIST_LOOKALIKES_SHOWN];
};
/* What is known of an entry, with its images, for somebody to look at. Each opening is an event. */
OV_CHECKED enum ov_status service_watchlist_open(struct service *service, const struct actor *actor,
                                                 const struct ov_id *deployment_id,
                                                 const struct ov_id *entry_id,
                                                 struct watchlist_opened *ret,
                                                 struct ov_error *err);
void watchlist_opened_done(struct watchlist_opened *opened);

/* A second person's decision on an image that does not look like the subject's others. */
OV_CHECKED enum ov_status
service_watchlist_decide_image(struct service *service, const struct actor *actor,
                               const struct ov_id *deployment_id, const struct ov_id *entry_id,
                               const struct ov_id *image_id, bool accept, struct ov_error *err);

/* --- rounds --- */

/* "watchlist.not_compared" while images wait for that; "watchlist.nothing_proposed". */
OV_CHECKED enum ov_status service_round_draw(struct service *service, const struct actor *actor,
                                             const struct ov_id *deployment_id, struct round *ret,
                                             struct ov_error *err);
/* A round of one's own, and what of it is still to be opened. */
OV_CHECKED enum ov_status service_round_get(struct service *service, const struct actor *actor,
                                            const struct ov_id *deployment_id,
                                            const struct ov_id *round_id,
                                            store_on_entry_id on_to_open, void *ctx,
                                            struct round *ret, struct ov_error *err);
/* ret: as it was approved. An approval that was cut off goes on when it is asked for again. */
OV_CHECKED enum ov_status service_round_approve(struct service *service, const struct actor *actor,
                                                const struct ov_id *deployment_id,
                                                const struct ov_id *round_id, struct round *ret,
                                                int64_t *ret_approved, struct ov_error *err);

/* --- expiry --- */

/* The keeper's: marks what has expired, and has the galleries built anew. */
OV_CHECKED enum ov_status service_watchlist_expire(struct service *service, struct ov_error *err);

/* --- review --- */

#define REVIEW_ROWS_MAX 500

/* Of an entry that was added: its image files, on the lists of other deployments. */
enum review_images {
    REVIEW_NOT_LISTED, /* it was on none */
    REVIEW_IMAGES_SAME,
    REVIEW_IMAGES_NEW, /* at least one */
    REVIEW_IMAGES_UNKNOWN
};
/* "" for not listed. */
const char *review_images_name(enum review_images images);

struct review_row {
    struct ov_id id;
    char category[WATCHLIST_CODE_SIZE];
    enum entry_state state; /* approved: added; else why it went */
    enum review_images images;
    bool other_reference; /* one of them was on a list under another reference: mislabelled? */
};

struct review {
    struct review_figures figures;
    struct review_relisted relisted;
    size_t row_count; /* those with marks first, then those that went, then those added */
    struct review_row rows[REVIEW_ROWS_MAX];
    int64_t not_shown; /* further ones */
};
/* What changed since the review before, held against the lists of all other deployments of the same
 * kind, erased or still there. Takes seconds for a long list; locks nothing meanwhile. Records that
 * it was looked at. */
OV_CHECKED enum ov_status service_review_show(struct service *service, const struct actor *actor,
                                              const struct ov_id *deployment_id, struct review *ret,
                                              struct ov_error *err);
/* list_version: as shown; "review.stale" when the list has changed since. ret as recorded. */
OV_CHECKED enum ov_status service_review_confirm(struct service *service, const struct actor *actor,
                                                 const struct ov_id *deployment_id,
                                                 int64_t list_version, struct review *ret,
                                                 struct ov_error *err);
/*
 * The gate of going live: an approved entry (the blue list is none), and a review no older than the
 * policy allows after which nothing was approved. Once live, an approval speaks for itself: what is
 * added then has been opened by its approver.
 */
OV_CHECKED enum ov_status check_reviewed(struct service *service,
                                         const struct deployment *deployment,
                                         const struct policy *policy, struct ov_error *err);

#endif
