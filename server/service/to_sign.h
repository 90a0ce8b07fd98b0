/*
 * What the signed acts share: the statement and the documents it names are built anew from what is
 * there, whoever asks. Private to service/.
 */
#ifndef OVERT_SERVER_SERVICE_TO_SIGN_H
#define OVERT_SERVER_SERVICE_TO_SIGN_H

#include "server/audit/document.h"
#include "server/service/lifecycle.h"

/* Application and settings come first, and are stored already. */
#define TO_SIGN_STORED 2u

/* Application and settings, as documents and in the statement that was begun. */
OV_CHECKED enum ov_status to_sign_application(struct service *service,
                                              const struct deployment *deployment,
                                              struct deployment_to_sign *ret, struct ov_error *err);
/* A document that is stored with the act only. */
OV_CHECKED enum ov_status to_sign_built(struct deployment_to_sign *to_sign, const char *kind,
                                        struct audit_document *take_document, struct ov_error *err);
/* Stores what was built, in the act's transaction. */
OV_CHECKED enum ov_status to_sign_store(struct service *service,
                                        const struct deployment *deployment,
                                        const struct deployment_to_sign *to_sign, size_t first,
                                        struct ov_error *err);

#endif
