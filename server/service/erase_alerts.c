/* Erasing alerts: keys first, then rows, with a certificate for each batch. */
#include <string.h>

#include "common/base/log.h"
#include "server/audit/document.h"
#include "server/service/act.h"
#include "server/service/erasure.h"
#include "server/service/erasure_private.h"
#include "server/vault/vault.h"

/* In one transaction, and in one certificate: its locks are held for moments. */
#define BATCH 200

struct alert_batch {
    struct due_alert alerts[BATCH];
    size_t count;
    int64_t erased;
    int64_t first_due_us;
    int64_t last_due_us;
};

static enum ov_status add_alert(void *ctx, const struct due_alert *due)
{
    struct alert_batch *batch = ctx;
    if (batch->count == 0 || due->erase_at_us < batch->first_due_us)
        batch->first_due_us = due->erase_at_us;
    if (batch->count == 0 || due->erase_at_us > batch->last_due_us)
        batch->last_due_us = due->erase_at_us;
    batch->alerts[batch->count++] = *due;
    return OV_OK;
}

/* The row is locked, and asked for once more: a hold may have been decided while the lock was got;
 * none is decided from here on. A row whose key is gone already (a crash came in between) goes all
 * the same. */
static enum ov_status erase_alert(struct service *service, const struct ov_id *alert_id,
                                  struct alert_batch *batch, struct ov_error *err)
{
    bool due = false;
    bool erased = false;
    bool key_exists = true;
    enum ov_status status = store_alert_is_due(service->store, alert_id, &due, err);
    if (status != OV_OK || !due)
        return status;
    status = vault_key_destroy(service->vault, VAULT_ALERT, alert_id, err);
    if (status == OV_OK)
        status = vault_key_is_there(service->vault, VAULT_ALERT, alert_id, &key_exists, err);
    if (status == OV_OK && key_exists)
        status = ov_fail(err, OV_ERR_STATE, "erasure.left", "an alert's key is still there");
    if (status == OV_OK)
        status = store_alert_erase(service->store, alert_id, &erased, err);
    if (status == OV_OK && erased)
        batch->erased++;
    return status;
}

static enum ov_status certify_batch(struct service *service, const struct ov_id *deployment_id,
                                    const struct alert_batch *batch, struct ov_error *err)
{
    int64_t now_us = act_now_us(service);
    uint8_t digest[OV_DIGEST_BYTES];
    struct audit_document *document = audit_document_new("deletion_certificate", deployment_id);
    audit_document_text(document, "class", vault_class_name(VAULT_ALERT));
    audit_document_object(document, "counts");
    audit_document_int(document, "alerts", batch->erased);
    audit_document_int(document, "keys", batch->erased);
    audit_document_end(document);
    audit_document_object(document, "times_us");
    audit_document_int(document, "erased", now_us);
    audit_document_int(document, "first_due", batch->first_due_us);
    audit_document_int(document, "last_due", batch->last_due_us);
    audit_document_end(document);
    enum ov_status status = audit_document_write(service->store, document, digest, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event = audit_event_new("erasure.certified", act_server(), now_us);
    audit_event_deployment(event, deployment_id);
    audit_event_object(event, "deployment", deployment_id);
    audit_event_code(event, "class", vault_class_name(VAULT_ALERT));
    audit_event_int(event, "alerts", batch->erased);
    audit_event_int(event, "first_due_at_us", batch->first_due_us);
    audit_event_int(event, "last_due_at_us", batch->last_due_us);
    audit_event_digest(event, "certificate", digest, sizeof(digest));
    return audit_event_write(service->store, event, err);
}

static enum ov_status erase_batch(struct service *service, const struct ov_id *deployment_id,
                                  struct alert_batch *batch, struct ov_error *err)
{
    char text[OV_ID_TEXT_SIZE];
    *batch = (struct alert_batch){.count = 0};
    enum ov_status status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = store_alert_lock_due(service->store, deployment_id, BATCH, add_alert, batch, err);
    for (size_t i = 0; i < batch->count && status == OV_OK; i++)
        status = erase_alert(service, &batch->alerts[i].alert_id, batch, err);
    if (status == OV_OK && batch->erased > 0)
        status = certify_batch(service, deployment_id, batch, err);
    status = act_end(service, status, err);
    if (status == OV_OK && batch->erased > 0)
        ov_log(OV_LOG_INFO, "erasure", "alerts_erased", "deployment=%s alerts=%lld",
               ov_id_format(deployment_id, text), (long long)batch->erased);
    return status;
}

static enum ov_status erase_due_alerts(struct service *service, const struct erasure_due *due,
                                       struct ov_error *err)
{
    struct alert_batch batch;
    enum ov_status status = OV_OK;
    do {
        status = erase_batch(service, &due->deployment_id, &batch, err);
    } while (status == OV_OK && batch.count == BATCH && batch.erased > 0);
    return status;
}

enum ov_status service_erase_due_alerts(struct service *service, struct ov_error *err)
{
    static const struct erasure_kind kind = {"alerts", ERASURE_ALARM_ALERTS, store_alert_each_due,
                                             erase_due_alerts};
    return erasure_run_due(service, &kind, err);
}
