/*
 * Policies: what a deployment, its watchlist and its people may do, as versioned data. One person
 * proposes a version, another approves it; nothing of it changes afterwards. In force is the newest
 * approved version; a deployment keeps the one it was applied for under.
 */
#ifndef OVERT_SERVER_STORE_POLICIES_H
#define OVERT_SERVER_STORE_POLICIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire/messages.h"
#include "server/store/store.h"

#define POLICY_CODES_MAX 16
#define POLICY_CODE_SIZE 41
#define POLICY_FLOORS_MAX 16

/* A set of codes of [a-z_]. */
struct policy_codes {
    size_t count;
    char codes[POLICY_CODES_MAX][POLICY_CODE_SIZE];
};

/* The lowest threshold with one model. */
struct policy_floor {
    uint8_t model_digest[OV_DIGEST_BYTES];
    float threshold_floor;
};

enum policy_state { POLICY_PROPOSED, POLICY_APPROVED, POLICY_REFUSED };
const char *policy_state_name(enum policy_state state);

struct policy {
    int version;                               /* 1, 2, 3 ... */
    int base_version;                          /* the one in force when it was proposed; 0: none */
    struct policy_codes categories;            /* who may be listed */
    struct policy_codes operational_locations; /* where an operational deployment may be */
    struct policy_codes exercise_locations;    /* where an exercise may be */
    int subjects_max;                          /* ever approved in one deployment */
    int blue_list_max;
    int window_max_h;
    float threshold_floor; /* with any model; cosine */
    size_t floor_count;    /* and with these models, where it is higher */
    struct policy_floor floors[POLICY_FLOORS_MAX];
    int old_image_years;           /* an older image is flagged */
    int minor_below_years;         /* younger needs the higher authority */
    int retention_watchlist_max_h; /* from the deployment's close */
    int retention_alert_max_h;     /* from the alert; false, cannot tell, unadjudicated */
    int retention_true_alert_max_h;
    bool blind_first;         /* judge before seeing the score */
    bool second_verifier;     /* two judge separately */
    int urgent_written_max_h; /* from the oral authorisation to the written one */
    int urgent_repeat_days;   /* a second urgent use at the same place within: higher authority */
    int live_per_day_max_h;   /* more at the same place: higher authority */
    int same_place_m;         /* no further apart than this is the same place */
    int far_target_ppm;       /* false alerts per million faces seen */
    int console_lock_s;
    int heartbeat_s;     /* an adjudicator is present when heard of within */
    int sample_permille; /* opened at random at a bulk approval, */
    int sample_min;      /* at least this many */
    int review_max_h;    /* between review and going live */
    int membership_per_day;
    int evidence_review_days;
    struct ov_id proposed_by;
    int64_t proposed_at_us;
    uint8_t document_digest[OV_DIGEST_BYTES]; /* what was signed */
    enum policy_state state;
    struct ov_id decided_by; /* zero until decided, like the time; never proposed_by if approved */
    int64_t decided_at_us;
};

/* The policy in force: version 0 stands for it. OV_ERR_NOT_FOUND "policy.unknown" (a version) or
 * "policy.none" (nothing in force: the installation was not bootstrapped). */
OV_CHECKED enum ov_status store_policy_get(struct store *store, int version, struct policy *ret,
                                           struct ov_error *err);
/* All versions, newest first. */
OV_CHECKED enum ov_status
store_policy_each(struct store *store, enum ov_status (*on_row)(void *ctx, const struct policy *),
                  void *ctx, struct ov_error *err);
/* Everything but state and decision is taken from row; version is the next one. The database
 * refuses a second open proposal ("policy.proposal_open") and one whose base_version is no longer
 * in force ("policy.stale"). */
OV_CHECKED enum ov_status store_policy_propose(struct store *store, const struct policy *row,
                                               int *ret_version, struct ov_error *err);
/* state: POLICY_APPROVED (by another person than proposed: "policy.same_person") or
 * POLICY_REFUSED. OV_ERR_STATE "policy.decided" when it was decided before. */
OV_CHECKED enum ov_status store_policy_decide(struct store *store, int version,
                                              enum policy_state state, const struct ov_id *by,
                                              int64_t at_us, struct ov_error *err);

#endif
