/* Policies and accepted models as documents. */
#include "server/service/policy_document.h"

#include "server/audit/event.h"
#include "server/service/policy_fields.h"

static void add_codes(struct audit_document *document, const char *key,
                      const struct policy_codes *codes)
{
    audit_document_array(document, key);
    for (size_t i = 0; i < codes->count; i++)
        audit_document_text(document, NULL, codes->codes[i]);
    audit_document_end(document);
}

struct audit_document *policy_document(const struct policy *policy)
{
    struct audit_document *document = audit_document_new("policy", NULL);
    audit_document_int(document, "base_version", policy->base_version);
    add_codes(document, "categories", &policy->categories);
    add_codes(document, "operational_locations", &policy->operational_locations);
    add_codes(document, "exercise_locations", &policy->exercise_locations);
    for (size_t i = 0; i < POLICY_FIELD_COUNT; i++)
        audit_document_int(document, policy_fields()[i].name,
                           policy_field_get(policy, &policy_fields()[i]));
    audit_document_int(document, "threshold_floor", audit_score(policy->threshold_floor));
    audit_document_array(document, "threshold_floors");
    for (size_t i = 0; i < policy->floor_count; i++) {
        audit_document_object(document, NULL);
        audit_document_digest(document, "model_digest", policy->floors[i].model_digest,
                              OV_DIGEST_BYTES);
        audit_document_int(document, "threshold_floor",
                           audit_score(policy->floors[i].threshold_floor));
        audit_document_end(document);
    }
    audit_document_end(document);
    return document;
}

struct audit_document *model_document(const struct model_acceptance *acceptance)
{
    struct audit_document *document = audit_document_new("model.acceptance", NULL);
    audit_document_id(document, "id", &acceptance->id);
    audit_document_digest(document, "model_digest", acceptance->model_digest, OV_DIGEST_BYTES);
    audit_document_digest(document, "report_digest", acceptance->report_digest, OV_DIGEST_BYTES);
    audit_document_int(document, "threshold_floor", audit_score(acceptance->threshold_floor));
    return document;
}
