/* A policy, and a proposal to accept a model, as the documents that people sign. Any thread. */
#ifndef OVERT_SERVER_SERVICE_POLICY_DOCUMENT_H
#define OVERT_SERVER_SERVICE_POLICY_DOCUMENT_H

#include "server/audit/document.h"
#include "server/store/models.h"
#include "server/store/policies.h"

/* Kind "policy": everything but version, people and times. Thresholds are cosine x 1,000,000. NULL
 * when memory is out. */
struct audit_document *policy_document(const struct policy *policy);

/* Kind "model.acceptance": the digests of model and report, and the lowest threshold. */
struct audit_document *model_document(const struct model_acceptance *acceptance);

#endif
