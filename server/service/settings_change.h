/*
 * Changing the operating settings of a deployment that is authorised, live or paused.
 *
 * What only tightens takes effect at once, by one person. Whatever loosens anything, mixed changes
 * included, is proposed with a signature and approved with one by another person. Either way it is
 * on the record with its reason, and live sessions end within a second and come back to the new
 * settings. Who may: ACTION_DEPLOYMENT_CHANGE, ACTION_DEPLOYMENT_APPROVE_CHANGE.
 */
#ifndef OVERT_SERVER_SERVICE_SETTINGS_CHANGE_H
#define OVERT_SERVER_SERVICE_SETTINGS_CHANGE_H

#include "common/base/bytes.h"
#include "server/audit/event.h"
#include "server/service/settings_compare.h"
#include "server/service/signing.h"

struct service;

/* The settings in force. */
OV_CHECKED enum ov_status service_settings_get(struct service *service, const struct actor *actor,
                                               const struct deployment *deployment,
                                               struct operating_settings *ret,
                                               struct ov_error *err);

/* The site that a wanted camera is at; its name is an operator's. "settings.cameras". */
OV_CHECKED enum ov_status service_settings_site(struct service *service, const struct actor *actor,
                                                const char *name, struct ov_id *ret_id,
                                                struct ov_error *err);

/* What a change is: as it is drafted, proposed, or waits for a decision. */
struct settings_draft {
    struct settings_difference difference;
    struct signing_statement statement; /* of the act that comes next */
    struct ov_buf settings;             /* the documents; settings_draft_done */
    struct ov_buf reason;
    uint8_t settings_digest[OV_DIGEST_BYTES];
    uint8_t reason_digest[OV_DIGEST_BYTES];
};
void settings_draft_done(struct settings_draft *draft);

/* What somebody asks for. All borrowed. */
struct settings_request {
    const struct operating_settings *wanted; /* all of them */
    const char *reason;
    const struct signature *signature; /* over the draft's statement; NULL: none, to tighten only */
};
/* What it would do; "settings.same" when nothing. Filled as far as it went on failure too. */
OV_CHECKED enum ov_status service_settings_draft(struct service *service, const struct actor *actor,
                                                 const struct ov_id *deployment_id,
                                                 const struct settings_request *request,
                                                 struct settings_draft *draft,
                                                 struct ov_error *err);
/* Tightens at once, or proposes. */
OV_CHECKED enum ov_status
service_settings_change(struct service *service, const struct actor *actor,
                        const struct ov_id *deployment_id, const struct settings_request *request,
                        enum settings_direction *ret_direction, struct ov_error *err);
/* What the approver of the open proposal signs: "settings.no_proposal", "settings.same_person",
 * "deployment.same_person", "policy.higher_authority". */
OV_CHECKED enum ov_status service_settings_approval(struct service *service,
                                                    const struct actor *actor,
                                                    const struct ov_id *deployment_id,
                                                    struct settings_draft *draft,
                                                    struct ov_error *err);
OV_CHECKED enum ov_status service_settings_approve(struct service *service,
                                                   const struct actor *actor,
                                                   const struct ov_id *deployment_id,
                                                   const struct signature *signature,
                                                   struct ov_error *err);
OV_CHECKED enum ov_status service_settings_refuse(struct service *service,
                                                  const struct actor *actor,
                                                  const struct ov_id *deployment_id,
                                                  struct ov_error *err);

/* The crew has seen the signs at a camera of a site. */
OV_CHECKED enum ov_status service_signs_confirm(struct service *service, const struct actor *actor,
                                                const struct ov_id *deployment_id,
                                                const char *site_name, const char *camera,
                                                struct ov_error *err);
/* The gate of going live, for operational deployments: "deployment.signs_missing". */
OV_CHECKED enum ov_status service_signs_check(struct service *service,
                                              const struct deployment *deployment,
                                              struct ov_error *err);

#endif
