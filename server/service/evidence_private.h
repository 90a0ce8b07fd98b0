/* Shared by the files of evidence. Private to service/. */
#ifndef OVERT_SERVER_SERVICE_EVIDENCE_PRIVATE_H
#define OVERT_SERVER_SERVICE_EVIDENCE_PRIVATE_H

#include "server/service/evidence.h"
#include "server/service/service.h"

#define EVIDENCE_NUMBER_COLUMN "evidence.number"

/* A hold with its number, which stays empty when the alert's key is gone. The caller frees it. */
OV_CHECKED enum ov_status evidence_load(struct service *service, const struct ov_id *hold_id,
                                        struct evidence_view *ret, struct ov_error *err);

#endif
