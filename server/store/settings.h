/* Changes of the operating settings after the authorisation, and signs. */
#ifndef OVERT_SERVER_STORE_SETTINGS_H
#define OVERT_SERVER_STORE_SETTINGS_H

#include "server/store/deployments.h"

/* Everything that one digest covers, as values. */
struct operating_settings {
    uint8_t model_digest[OV_DIGEST_BYTES];
    float threshold;
    int cool_down_s;
    int min_face_px;
    struct ov_quality_gate gate;
    size_t camera_count; /* 0: any */
    struct deployment_camera cameras[DEPLOYMENT_CAMERAS_MAX];
};

struct settings_change {
    struct ov_id id;
    uint8_t base_digest[OV_DIGEST_BYTES];
    uint8_t settings_digest[OV_DIGEST_BYTES];
    uint8_t reason_digest[OV_DIGEST_BYTES];
    struct ov_id proposed_by;
    int64_t proposed_at_us;
};

/* Records a change: one that tightens is in force at once (store_settings_apply follows), one that
 * loosens is proposed. "settings.proposal_open", "settings.stale", "settings.state". */
OV_CHECKED enum ov_status
store_settings_change_add(struct store *store, const struct ov_id *deployment_id,
                          const struct settings_change *change, bool tightens,
                          const struct operating_settings *settings, struct ov_error *err);
/* The one that waits for a decision: OV_ERR_NOT_FOUND "settings.no_proposal". */
OV_CHECKED enum ov_status store_settings_change_open(struct store *store,
                                                     const struct ov_id *deployment_id,
                                                     struct settings_change *ret,
                                                     struct ov_error *err);
/* "settings.same_person" when who proposed approves. */
OV_CHECKED enum ov_status store_settings_change_decide(struct store *store, const struct ov_id *id,
                                                       bool approved, const struct ov_id *by,
                                                       int64_t at_us, struct ov_error *err);
/* "settings.looser" unless it only tightens or another person has approved it. */
OV_CHECKED enum ov_status store_settings_apply(struct store *store, const struct ov_id *id,
                                               struct ov_error *err);

/* ret_new: false when they were confirmed before. "deployment.camera_unknown" for a camera that it
 * has not. */
OV_CHECKED enum ov_status store_sign_add(struct store *store, const struct ov_id *deployment_id,
                                         const struct ov_id *site_id, const char *camera,
                                         const struct ov_id *by, int64_t at_us, bool *ret_new,
                                         struct ov_error *err);
/* How many cameras in force have none; the first one's name is in ret_camera. */
OV_CHECKED enum ov_status store_sign_missing(struct store *store, const struct ov_id *deployment_id,
                                             size_t *ret_count,
                                             char ret_camera[OV_CAMERA_NAME_SIZE],
                                             struct ov_error *err);

#endif
