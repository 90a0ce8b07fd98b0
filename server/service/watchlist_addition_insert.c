/* A proposal that was let in: its texts and images are sealed, its rows and its event written. */
#include "server/service/watchlist_addition.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "server/service/act.h"
#include "server/service/service.h"
#include "server/service/watchlist_private.h"

static struct store_bytes bytes_of(const struct ov_secret *secret)
{
    return (struct store_bytes){secret->data, secret->size};
}

static void fill_entry(struct addition *add)
{
    const struct watchlist_proposal *proposal = add->proposal;
    const struct entry_fields *fields = &add->fields;
    struct watchlist_entry *entry = &add->entry;
    entry->deployment_id = add->deployment.id;
    (void)snprintf(entry->category, sizeof(entry->category), "%s", proposal->category);
    (void)snprintf(entry->response, sizeof(entry->response), "%s", proposal->response);
    (void)snprintf(entry->legal_basis, sizeof(entry->legal_basis), "%s", fields->legal_basis);
    entry->state = ENTRY_PROPOSED;
    entry->added_by = add->actor->principal.id;
    entry->added_at_us = act_now_us(add->service);
    entry->priority = fields->priority;
    entry->under_18 = fields->under_18;
    entry->birth_unknown = fields->birth_unknown;
    entry->expires_at_us = fields->expires_at_us;
    entry->has_consent = fields->is_blue_list;
    memcpy(entry->consent_digest, fields->consent_digest, OV_DIGEST_BYTES);
}

/* A text that was not given stays empty. */
static enum ov_status seal_text(const struct addition *add, const char *column, const char *text,
                                struct ov_secret *ret, struct ov_error *err)
{
    return text == NULL
               ? OV_OK
               : vault_seal(add->key, column, &add->entry.id, text, strlen(text), ret, err);
}

enum ov_status addition_insert_entry(struct addition *add, struct ov_error *err)
{
    enum { NAME, REFERENCE, JUSTIFICATION, BIRTH_DATE, SEALED_COUNT };
    const struct watchlist_proposal *proposal = add->proposal;
    struct watchlist_entry *entry = &add->entry;
    struct ov_secret sealed[SEALED_COUNT] = {OV_SECRET_INIT};
    fill_entry(add);
    enum ov_status status = seal_text(add, "entry.name", proposal->name, &sealed[NAME], err);
    if (status == OV_OK)
        status = seal_text(add, "entry.reference", proposal->reference, &sealed[REFERENCE], err);
    if (status == OV_OK)
        status = seal_text(add, "entry.justification", proposal->justification,
                           &sealed[JUSTIFICATION], err);
    if (status == OV_OK)
        status = seal_text(add, "entry.birth_date",
                           add->fields.has_birth_date ? proposal->birth_date : NULL,
                           &sealed[BIRTH_DATE], err);
    entry->sealed_name = bytes_of(&sealed[NAME]);
    entry->sealed_reference = bytes_of(&sealed[REFERENCE]);
    entry->sealed_justification = bytes_of(&sealed[JUSTIFICATION]);
    entry->sealed_birth_date = bytes_of(&sealed[BIRTH_DATE]);
    add->has_justification = sealed[JUSTIFICATION].size > 0;
    if (status == OV_OK && add->has_justification &&
        EVP_Digest(sealed[JUSTIFICATION].data, sealed[JUSTIFICATION].size,
                   add->justification_digest, NULL, EVP_sha256(), NULL) != 1)
        status = ov_fail(err, OV_ERR_CRYPTO, "watchlist.digest", "SHA-256 failed");
    if (status == OV_OK)
        status = store_entry_add(add->service->store, entry, err);
    watchlist_forget_sealed(entry);
    for (size_t i = 0; i < SEALED_COUNT; i++)
        ov_secret_free(&sealed[i]);
    return status;
}

/* The reason that was needed, or "". */
static const char *override_used(const struct addition *add)
{
    return add->differs || add->portrait->quality_overridden ? add->proposal->override : "";
}

enum ov_status addition_insert_image(struct addition *add, struct ov_error *err)
{
    const struct portrait *portrait = add->portrait;
    struct watchlist_image image = {.id = add->image_id,
                                    .entry_id = add->entry.id,
                                    .deployment_id = add->deployment.id,
                                    .eye_distance_px = (int)portrait->quality.eye_distance_px,
                                    .sharpness_milli =
                                        (int)(portrait->quality.sharpness * 1000.0f)};
    memcpy(image.model_digest, add->deployment.model_digest, OV_DIGEST_BYTES);
    image.content_tag = (struct store_bytes){add->tag, sizeof(add->tag)};
    image.state = add->differs ? IMAGE_PENDING : IMAGE_ACCEPTED;
    (void)snprintf(image.source, sizeof(image.source), "%s", add->fields.image_source);
    image.taken_at_us = add->fields.image_taken_at_us;
    image.old_image = add->fields.old_image;
    (void)snprintf(image.override_code, sizeof(image.override_code), "%s", override_used(add));

    struct ov_secret jpeg = OV_SECRET_INIT;
    struct ov_secret thumbnail = OV_SECRET_INIT;
    struct ov_secret floats = OV_SECRET_INIT;
    enum ov_status status = vault_seal(add->key, "image.jpeg", &image.id, add->proposal->jpeg,
                                       add->proposal->jpeg_bytes, &jpeg, err);
    if (status == OV_OK)
        status = vault_seal(add->key, "image.thumbnail", &image.id, portrait->thumbnail.data,
                            portrait->thumbnail.size, &thumbnail, err);
    if (status == OV_OK)
        status = vault_seal(add->key, "image.template", &image.id, portrait->template_floats.data,
                            portrait->template_floats.size, &floats, err);
    image.sealed_jpeg = bytes_of(&jpeg);
    image.sealed_thumbnail = bytes_of(&thumbnail);
    image.sealed_template = bytes_of(&floats);
    image.sealed_ledger_digest = bytes_of(&add->ledger_digest);
    if (status == OV_OK)
        status = store_image_add(add->service->store, &image, err);
    ov_secret_free(&jpeg);
    ov_secret_free(&thumbnail);
    ov_secret_free(&floats);
    return status;
}

/* What oversight's views need: codes and numbers, never a name, a reference or a date of birth. */
static void add_field_details(struct audit_event *event, const struct addition *add)
{
    const struct entry_fields *fields = &add->fields;
    audit_event_code(event, "image_source", fields->image_source);
    if (fields->image_age_days >= 0)
        audit_event_int(event, "image_age_days", fields->image_age_days);
    audit_event_int(event, "old_image", fields->old_image);
    if (!add->is_new)
        return;
    audit_event_int(event, "priority", fields->priority);
    audit_event_code(event, "legal_basis", fields->legal_basis);
    audit_event_int(event, "under_age", fields->under_18);
    audit_event_int(event, "birth_unknown", fields->birth_unknown);
    if (fields->expires_at_us != 0)
        audit_event_int(event, "expires_at_us", fields->expires_at_us);
    if (fields->is_blue_list)
        audit_event_digest(event, "consent", fields->consent_digest, OV_DIGEST_BYTES);
    if (add->has_justification)
        audit_event_digest(event, "justification", add->justification_digest, OV_DIGEST_BYTES);
}

enum ov_status addition_write_event(struct addition *add, struct ov_error *err)
{
    struct audit_event *event = audit_event_new(
        add->is_new ? "entry.proposed" : "entry.image_added", add->actor, act_now_us(add->service));
    audit_event_deployment(event, &add->deployment.id);
    audit_event_object(event, "entry", &add->entry.id);
    audit_event_code(event, "category", add->entry.category);
    audit_event_code(event, "response", add->entry.response);
    audit_event_digest(event, "image_tag", add->tag, sizeof(add->tag));
    audit_event_int(event, "eye_distance_px", (int64_t)add->portrait->quality.eye_distance_px);
    audit_event_int(event, "sharpness_milli",
                    (int64_t)(add->portrait->quality.sharpness * 1000.0f));
    const char *override = override_used(add);
    audit_event_code(event, "override", *override != '\0' ? override : "none");
    audit_event_code(event, "image_state",
                     image_state_name(add->differs ? IMAGE_PENDING : IMAGE_ACCEPTED));
    add_field_details(event, add);
    return audit_event_write(add->service->store, event, err);
}
