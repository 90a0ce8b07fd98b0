/*
 * The public notice: made with each revision of an application, so that the application that is
 * signed names its digest; published by the force; asked for before an operational deployment goes
 * live. Prior notice is waived only by an authorising officer's recorded and signed reason.
 */
#ifndef OVERT_SERVER_SERVICE_NOTICE_H
#define OVERT_SERVER_SERVICE_NOTICE_H

#include "common/base/bytes.h"
#include "server/audit/event.h"
#include "server/notice/notice.h"
#include "server/service/deployments.h"
#include "server/store/deployments.h"
#include "server/store/notices.h"

struct service;

/* --- for the rules ------------------------------------------------------------------------- */

/* Renders the notice of an application, in the open transaction: writes the document "notice" and
 * fills ret's digests; store_notice_add follows once the revision is stored. Of facts everything
 * but the offsets, which are those of the server's own zone. */
OV_CHECKED enum ov_status notice_write(struct service *service, const struct notice_facts *facts,
                                       struct notice *ret, struct ov_error *err);
/* The gate: "notice.not_published" for an operational deployment whose page is neither published
 * nor waived. */
OV_CHECKED enum ov_status service_notice_check(struct service *service,
                                               const struct deployment *deployment,
                                               struct ov_error *err);

/* --- for people ---------------------------------------------------------------------------- */

/* What is known of it, and the document "notice", appended to ret_document (NULL: not wanted). */
OV_CHECKED enum ov_status service_notice_get(struct service *service, const struct actor *actor,
                                             const struct ov_id *deployment_id, struct notice *ret,
                                             struct ov_buf *ret_document, struct ov_error *err);
/* The page with this digest is at url: "notice.differs" when it is another page. */
OV_CHECKED enum ov_status service_notice_publish(struct service *service, const struct actor *actor,
                                                 const struct ov_id *deployment_id,
                                                 const uint8_t page_digest[OV_DIGEST_BYTES],
                                                 const char *url, struct notice *ret,
                                                 struct ov_error *err);
/* Prior notice is waived with a reason that the officer signs: the statement of "notice.waive"
 * names the application, the notice's page and the document with the reason. ret is zeroed by the
 * caller, who calls done also after a failure. "notice.reason", "notice.same_person",
 * "notice.waived". */
OV_CHECKED enum ov_status
service_notice_waive_statement(struct service *service, const struct actor *actor,
                               const struct ov_id *deployment_id, const char *reason,
                               struct deployment_to_sign *ret, struct ov_error *err);
OV_CHECKED enum ov_status service_notice_waive(struct service *service, const struct actor *actor,
                                               const struct ov_id *deployment_id,
                                               const char *reason,
                                               const struct signature *signature,
                                               struct notice *ret, struct ov_error *err);

#endif
