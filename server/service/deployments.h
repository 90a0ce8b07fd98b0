/*
 * Deployments: drafted and applied for by one person, authorised by another, started inside their
 * window, stopped by anyone or by their end. steps.h has the order; urgent.c what an officer's word
 * allows until their signature is there.
 */
#ifndef OVERT_SERVER_SERVICE_DEPLOYMENTS_H
#define OVERT_SERVER_SERVICE_DEPLOYMENTS_H

#include "server/audit/event.h"
#include "server/service/application.h"
#include "server/service/signing.h"
#include "server/store/deployments.h"

struct service;

/* --- drafts -------------------------------------------------------------------------------- */

/* A draft. An operational one says everything: "application.incomplete" (application_missing tells
 * what). What the policy in force refuses is refused with the rule's name. */
OV_CHECKED enum ov_status
service_deployment_create(struct service *service, const struct actor *actor,
                          const struct deployment_application *application, struct deployment *ret,
                          struct ov_error *err);
/* Replaces what the draft says. revision: of the draft that the change was made from; when another
 * has been stored since, OV_ERR_CONFLICT "deployment.changed_meanwhile" says by whom and when. */
OV_CHECKED enum ov_status service_deployment_edit(struct service *service,
                                                  const struct actor *actor, const struct ov_id *id,
                                                  int revision,
                                                  const struct deployment_application *application,
                                                  struct deployment *ret, struct ov_error *err);

/* --- signed acts ---------------------------------------------------------------------------- */

/* Why, in the words of who authorises. Texts of several lines; conditions may be NULL or empty. */
struct deployment_reasons {
    const char *necessity;
    const char *proportionality;
    const char *conditions;
};

#define TO_SIGN_DOCUMENTS_MAX 5

/* What is to be signed, and the documents that it names. */
struct deployment_to_sign {
    struct signing_statement statement;
    size_t document_count;
    struct {
        char kind[DOCUMENT_KIND_SIZE];
        uint8_t digest[OV_DIGEST_BYTES];
        struct ov_buf body;
    } documents[TO_SIGN_DOCUMENTS_MAX];
};
void deployment_to_sign_done(struct deployment_to_sign *to_sign);

/* Fills ret (zeroed by the caller, who calls done also after a failure). */
OV_CHECKED enum ov_status service_deployment_apply_statement(struct service *service,
                                                             const struct actor *actor,
                                                             const struct ov_id *id,
                                                             struct deployment_to_sign *ret,
                                                             struct ov_error *err);
OV_CHECKED enum ov_status service_deployment_authorise_statement(
    struct service *service, const struct actor *actor, const struct ov_id *id,
    const struct deployment_reasons *reasons, struct deployment_to_sign *ret, struct ov_error *err);

/* Draft -> applied: nothing of it changes any more. Makes the watchlist and its key. */
OV_CHECKED enum ov_status service_deployment_apply(struct service *service,
                                                   const struct actor *actor,
                                                   const struct ov_id *id,
                                                   const struct signature *signature,
                                                   struct deployment *ret, struct ov_error *err);
/* Applied -> authorised, by another person than the applicant; by the higher authority where the
 * policy says so. After an oral authorisation it puts that in writing. */
OV_CHECKED enum ov_status
service_deployment_authorise(struct service *service, const struct actor *actor,
                             const struct ov_id *id, const struct deployment_reasons *reasons,
                             const struct signature *signature, struct deployment *ret,
                             struct ov_error *err);
/* Applied -> refused. After an oral authorisation: closed at once, list and alerts due at once. */
OV_CHECKED enum ov_status service_deployment_refuse(struct service *service,
                                                    const struct actor *actor,
                                                    const struct ov_id *id, const char *reasons,
                                                    struct deployment *ret, struct ov_error *err);
/* Before it is live. What was authorised orally is stopped or refused instead. */
OV_CHECKED enum ov_status service_deployment_cancel(struct service *service,
                                                    const struct actor *actor,
                                                    const struct ov_id *id, const char *reasons,
                                                    struct deployment *ret, struct ov_error *err);
/* Applied -> authorised, on an officer's word, by a third person who records it. officer_name: of
 * the officer's certificate. */
OV_CHECKED enum ov_status
service_deployment_record_oral(struct service *service, const struct actor *actor,
                               const struct ov_id *id, const char *officer_name,
                               const char *reasons, struct deployment *ret, struct ov_error *err);

/* --- live ----------------------------------------------------------------------------------- */

/* Authorised -> live, through every gate of go_live.c. */
OV_CHECKED enum ov_status service_deployment_start(struct service *service,
                                                   const struct actor *actor,
                                                   const struct ov_id *id, struct deployment *ret,
                                                   struct ov_error *err);
/* The kill switch. Any person with a role in it may stop a deployment; it cannot be started again.
 * One that has not started yet is cancelled by it. reason_code: [a-z_]{1,40}. */
OV_CHECKED enum ov_status service_deployment_stop(struct service *service,
                                                  const struct actor *actor, const struct ov_id *id,
                                                  const char *reason_code, struct deployment *ret,
                                                  struct ov_error *err);
/* The keeper's: closes what is past its window. */
OV_CHECKED enum ov_status service_deployments_close_ended(struct service *service,
                                                          struct ov_error *err);
/* The keeper's, now and then: ends what was never started and is past its window, so that its
 * watchlist is erased too. */
OV_CHECKED enum ov_status service_deployments_cancel_lapsed(struct service *service,
                                                            struct ov_error *err);
/* The keeper's: closes what rests on an oral authorisation whose written one is overdue. */
OV_CHECKED enum ov_status service_deployments_lapse_urgent(struct service *service,
                                                           struct ov_error *err);

/* --- seeing --------------------------------------------------------------------------------- */

/* Newest first. */
OV_CHECKED enum ov_status
service_deployment_each(struct service *service, const struct actor *actor,
                        enum ov_status (*on_row)(void *ctx, const struct deployment *), void *ctx,
                        struct ov_error *err);
/* By id or, when text is no id, by name. */
OV_CHECKED enum ov_status service_deployment_find(struct service *service,
                                                  const struct actor *actor, const char *id_or_name,
                                                  struct deployment *ret, struct ov_error *err);
/* A document about a deployment, by its digest: on_document is called once. */
OV_CHECKED enum ov_status
service_deployment_document(struct service *service, const struct actor *actor,
                            const struct ov_id *id, const uint8_t digest[OV_DIGEST_BYTES],
                            enum ov_status (*on_document)(void *ctx, const struct document *),
                            void *ctx, struct ov_error *err);

/* The same page by page. */
OV_CHECKED enum ov_status
service_deployment_page(struct service *service, const struct actor *actor,
                        const struct store_page *page,
                        enum ov_status (*on_row)(void *ctx, const struct deployment *), void *ctx,
                        struct ov_error *err);

#endif
