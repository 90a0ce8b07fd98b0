/*
 * The one export. Everything is opened in secret memory, put together there, and leaves sealed to
 * the recipient; the event has the digests of the file and of the certificate.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "server/audit/document.h"
#include "server/service/act.h"
#include "server/service/bundle.h"
#include "server/service/evidence_private.h"
#include "server/service/permissions.h"
#include "server/store/alerts.h"
#include "server/vault/envelope.h"

struct exhibit {
    struct service *service;
    struct ov_error *err;
    int64_t at_us;
    const struct actor *actor;
    struct evidence_view view;
    struct deployment deployment;
    struct alert_row alert; /* its sealed fields are empty */
    struct ov_secret name, reference, thumbnail, crop;
    struct ov_secret subject; /* name and reference, a line each */
};

static void exhibit_done(struct exhibit *exhibit)
{
    ov_secret_free(&exhibit->view.number);
    ov_secret_free(&exhibit->name);
    ov_secret_free(&exhibit->reference);
    ov_secret_free(&exhibit->thumbnail);
    ov_secret_free(&exhibit->crop);
    ov_secret_free(&exhibit->subject);
}

/* --- opening --- */

static enum ov_status open_field(struct exhibit *exhibit, const struct vault_key *key,
                                 const char *column, struct store_bytes sealed,
                                 struct ov_secret *ret)
{
    if (sealed.size == 0)
        return OV_OK;
    return vault_unseal(key, column, &exhibit->alert.id, sealed.data, sealed.size, ret,
                        exhibit->err);
}

static enum ov_status on_alert(void *ctx, const struct alert_row *alert)
{
    static const struct store_bytes none = {NULL, 0};
    struct exhibit *exhibit = ctx;
    struct vault_key *key = NULL;
    exhibit->alert = *alert;
    exhibit->alert.sealed_name = exhibit->alert.sealed_reference = none;
    exhibit->alert.sealed_thumbnail = exhibit->alert.sealed_probe = exhibit->alert.sealed_crop =
        none;
    enum ov_status status =
        vault_key_load(exhibit->service->vault, VAULT_ALERT, &alert->id, &key, exhibit->err);
    if (status == OV_OK)
        status = open_field(exhibit, key, "alert.name", alert->sealed_name, &exhibit->name);
    if (status == OV_OK)
        status = open_field(exhibit, key, "alert.reference", alert->sealed_reference,
                            &exhibit->reference);
    if (status == OV_OK)
        status = open_field(exhibit, key, "alert.thumbnail", alert->sealed_thumbnail,
                            &exhibit->thumbnail);
    if (status == OV_OK)
        status = open_field(exhibit, key, "alert.crop", alert->sealed_crop, &exhibit->crop);
    vault_key_free(key);
    return status;
}

static enum ov_status write_subject(struct exhibit *exhibit)
{
    size_t name = exhibit->name.size;
    size_t reference = exhibit->reference.size;
    if (ov_secret_new(&exhibit->subject, name + reference + 2) != OV_OK)
        return ov_fail(exhibit->err, OV_ERR_NOMEM, "memory", "out of memory");
    unsigned char *at = exhibit->subject.data;
    if (name > 0)
        memcpy(at, exhibit->name.data, name);
    at[name] = '\n';
    if (reference > 0)
        memcpy(at + name + 1, exhibit->reference.data, reference);
    at[name + reference + 1] = '\n';
    return OV_OK;
}

static enum ov_status load(struct exhibit *exhibit, const struct ov_id *hold_id)
{
    struct service *service = exhibit->service;
    struct ov_error *err = exhibit->err;
    enum ov_status status = store_evidence_lock(service->store, hold_id, err);
    if (status == OV_OK)
        status = evidence_load(service, hold_id, &exhibit->view, err);
    if (status == OV_OK && !exhibit->view.hold.in_force)
        status = ov_fail(err, OV_ERR_STATE, "evidence.not_in_force",
                         "only an alert whose hold is confirmed and in force is exported");
    if (status == OV_OK)
        status =
            store_alert_get(service->store, &exhibit->view.hold.alert_id, on_alert, exhibit, err);
    if (status == OV_OK)
        status = store_deployment_get(service->store, &exhibit->view.hold.deployment_id, false,
                                      &exhibit->deployment, err);
    return status == OV_OK ? write_subject(exhibit) : status;
}

/* --- the manifest --- */

static void describe_alert(struct audit_document *manifest, const struct alert_row *alert)
{
    audit_document_object(manifest, "alert");
    audit_document_id(manifest, "id", &alert->id);
    audit_document_int(manifest, "feed", alert->feed_number);
    audit_document_id(manifest, "entry", &alert->entry_id);
    audit_document_id(manifest, "site", &alert->site_id);
    audit_document_text(manifest, "camera", alert->camera);
    audit_document_int(manifest, "captured_at_us", alert->captured_at_us);
    audit_document_int(manifest, "received_at_us", alert->received_at_us);
    audit_document_int(manifest, "raised_at_us", alert->raised_at_us);
    audit_document_int(manifest, "score", audit_score(alert->score));
    audit_document_int(manifest, "threshold", audit_score(alert->threshold));
    audit_document_text(manifest, "category", alert->category);
    audit_document_text(manifest, "response", alert->response);
    audit_document_text(manifest, "crop_state", crop_state_name(alert->crop_state));
    audit_document_int(manifest, "crop_score", audit_score(alert->crop_score));
    audit_document_end(manifest);
}

static void describe_authority(struct audit_document *manifest, const struct deployment *deployment)
{
    audit_document_object(manifest, "authority");
    audit_document_text(manifest, "name", deployment->name);
    audit_document_text(manifest, "deployment_kind", deployment_kind_name(deployment->kind));
    audit_document_text(manifest, "authority", deployment_authority_name(deployment->authority));
    audit_document_int(manifest, "starts_at_us", deployment->starts_at_us);
    audit_document_int(manifest, "ends_at_us", deployment->ends_at_us);
    audit_document_int(manifest, "policy_version", deployment->policy_version);
    audit_document_digest(manifest, "model", deployment->model_digest, OV_DIGEST_BYTES);
    audit_document_digest(manifest, "application", deployment->application_digest, OV_DIGEST_BYTES);
    audit_document_digest(manifest, "settings", deployment->settings_digest, OV_DIGEST_BYTES);
    audit_document_digest(manifest, "authorisation", deployment->authorisation_digest,
                          OV_DIGEST_BYTES);
    audit_document_end(manifest);
}

static void describe_hold(struct audit_document *manifest, const struct evidence_view *view)
{
    const struct evidence_hold *hold = &view->hold;
    char number[128];
    (void)snprintf(number, sizeof(number), "%.*s", (int)view->number.size,
                   (const char *)view->number.data);
    audit_document_object(manifest, "hold");
    audit_document_id(manifest, "id", &hold->id);
    audit_document_text(manifest, "for", hold->kind);
    audit_document_text(manifest, "brought_by", hold->brought_by);
    audit_document_text(manifest, "outcome", hold->outcome);
    audit_document_text(manifest, "number", number);
    audit_document_int(manifest, "review_at_us", hold->review_at_us);
    audit_document_id(manifest, "proposed_by", &hold->proposed_by);
    audit_document_id(manifest, "confirmed_by", &hold->confirmed_by);
    audit_document_int(manifest, "confirmed_at_us", hold->confirmed_at_us);
    audit_document_end(manifest);
    ov_wipe(number, sizeof(number));
}

static enum ov_status on_event(void *ctx, const struct ov_id *event_id)
{
    audit_document_id(ctx, NULL, event_id);
    return OV_OK;
}

static bool describe_files(struct audit_document *manifest, const struct bundle *bundle)
{
    bool good = true;
    audit_document_array(manifest, "files");
    for (size_t i = 0; i < bundle->count && good; i++) {
        uint8_t digest[OV_DIGEST_BYTES];
        good = EVP_Digest(bundle->files[i].data, bundle->files[i].size, digest, NULL, EVP_sha256(),
                          NULL) == 1;
        audit_document_object(manifest, NULL);
        audit_document_text(manifest, "name", bundle->files[i].name);
        audit_document_digest(manifest, "digest", digest, sizeof(digest));
        audit_document_end(manifest);
    }
    audit_document_end(manifest);
    return good;
}

static enum ov_status write_manifest(struct exhibit *exhibit, const struct bundle *bundle,
                                     struct ov_buf *ret_text)
{
    uint8_t digest[OV_DIGEST_BYTES];
    struct ov_error *err = exhibit->err;
    const struct evidence_hold *hold = &exhibit->view.hold;
    struct audit_document *manifest = audit_document_new("evidence", &hold->deployment_id);
    describe_alert(manifest, &exhibit->alert);
    describe_authority(manifest, &exhibit->deployment);
    describe_hold(manifest, &exhibit->view);
    audit_document_int(manifest, "exported_at_us", exhibit->at_us);
    audit_document_id(manifest, "exported_by", &exhibit->actor->principal.id);
    audit_document_array(manifest, "events");
    enum ov_status status = store_evidence_events(exhibit->service->store, &hold->alert_id,
                                                  &hold->id, on_event, manifest, err);
    audit_document_end(manifest);
    if (status == OV_OK && !describe_files(manifest, bundle))
        status = ov_fail(err, OV_ERR_CRYPTO, "evidence.digest", "no digest could be made");
    if (status == OV_OK)
        status = audit_document_finish(manifest, ret_text, digest, err);
    audit_document_free(manifest);
    return status;
}

/* --- the file --- */

static enum ov_status make_file(struct exhibit *exhibit, const struct recipient *recipient,
                                struct ov_secret *ret_file)
{
    struct bundle bundle = {.count = 0};
    struct ov_buf manifest = OV_BUF_INIT;
    struct ov_secret plain = OV_SECRET_INIT;
    bundle_add(&bundle, "probe.jpg", exhibit->crop.data, exhibit->crop.size);
    bundle_add(&bundle, "reference.jpg", exhibit->thumbnail.data, exhibit->thumbnail.size);
    bundle_add(&bundle, "subject.txt", exhibit->subject.data, exhibit->subject.size);
    enum ov_status status = write_manifest(exhibit, &bundle, &manifest);
    bundle_add(&bundle, "manifest.json", manifest.data, manifest.length);
    if (status == OV_OK)
        status = bundle_make(&bundle, exhibit->at_us, &plain, exhibit->err);
    if (status == OV_OK)
        status = envelope_seal(recipient, plain.data, plain.size, ret_file, exhibit->err);
    ov_secret_free(&plain);
    ov_buf_free(&manifest);
    return status;
}

static enum ov_status write_exported(struct exhibit *exhibit, const struct recipient *recipient,
                                     const struct ov_secret *file)
{
    uint8_t digest[OV_DIGEST_BYTES];
    const struct evidence_hold *hold = &exhibit->view.hold;
    if (EVP_Digest(file->data, file->size, digest, NULL, EVP_sha256(), NULL) != 1)
        return ov_fail(exhibit->err, OV_ERR_CRYPTO, "evidence.digest", "no digest could be made");
    struct audit_event *event =
        audit_event_new("evidence.exported", exhibit->actor, exhibit->at_us);
    audit_event_deployment(event, &hold->deployment_id);
    audit_event_object(event, "evidence", &hold->id);
    audit_event_id(event, "alert", &hold->alert_id);
    audit_event_digest(event, "file", digest, sizeof(digest));
    audit_event_digest(event, "recipient", recipient_digest(recipient), RECIPIENT_DIGEST_BYTES);
    return audit_event_write(exhibit->service->store, event, exhibit->err);
}

static enum ov_status export_held(struct exhibit *exhibit, const struct ov_id *hold_id,
                                  const struct recipient *recipient, struct ov_secret *ret_file)
{
    enum ov_status status = act_begin(exhibit->service, exhibit->err);
    if (status != OV_OK)
        return status;
    status = load(exhibit, hold_id);
    if (status == OV_OK)
        status = make_file(exhibit, recipient, ret_file);
    if (status == OV_OK)
        status = write_exported(exhibit, recipient, ret_file);
    return act_end(exhibit->service, status, exhibit->err);
}

enum ov_status service_evidence_export(struct service *service, const struct actor *actor,
                                       const struct ov_id *hold_id, const char *recipient_pem,
                                       size_t pem_bytes, struct ov_secret *ret_file,
                                       struct ov_error *err)
{
    struct exhibit exhibit = {
        .service = service, .err = err, .at_us = act_now_us(service), .actor = actor};
    struct recipient *recipient = NULL;
    struct ov_secret file = OV_SECRET_INIT;
    enum ov_status status = check_permission(actor, ACTION_EVIDENCE_EXPORT, err);
    if (status == OV_OK)
        status = recipient_read(recipient_pem, pem_bytes, exhibit.at_us, &recipient, err);
    if (status == OV_OK)
        status = export_held(&exhibit, hold_id, recipient, &file);
    exhibit_done(&exhibit);
    recipient_free(recipient);
    if (status != OV_OK)
        ov_secret_free(&file); /* no record, no export */
    else
        *ret_file = file;
    return status;
}
