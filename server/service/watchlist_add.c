/*
 * Proposing somebody for a watchlist: one photograph is looked at, turned into a template, sealed
 * and stored. The photograph's pixels and the template are in secret memory only.
 *
 * An entry's id is drawn from a keyed digest of its reference. So the next image of the same
 * reference is found without the reference being stored in the clear, and two people who add the
 * same reference at the same moment meet in the primary key. The key is derived from the
 * deployment's watchlist key: ids of two deployments have nothing in common, and once that key is
 * destroyed an id is as good as random.
 */
#include "server/service/watchlist.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/face/face.h"
#include "server/service/act.h"
#include "server/service/check.h"
#include "server/service/entry_fields.h"
#include "server/service/entry_id.h"
#include "server/service/permissions.h"
#include "server/service/policy.h"
#include "server/service/policy_check.h"
#include "server/service/portrait.h"
#include "server/vault/rotation.h"
#include "server/vault/vault.h"

/* One proposal on its way into the database. */
struct addition {
    struct service *service;
    const struct actor *actor;
    const struct watchlist_proposal *proposal;
    struct portrait *portrait;
    struct policy policy;
    struct entry_fields fields;
    struct deployment deployment;
    struct vault_key *key;
    uint8_t tag[VAULT_TAG_BYTES]; /* of the photograph; keyed, so that nobody can try others */
    struct watchlist_entry entry; /* its sealed fields are empty */
    bool is_new;
    bool is_same;            /* the entry has this very photograph */
    bool differs;            /* from another image of the same subject */
    enum ov_status compared; /* of an entry found: does what is sealed agree? */
    uint8_t
        justification_digest[OV_DIGEST_BYTES]; /* of its sealed bytes, with their random nonce */
    bool has_justification;
    struct ov_error *err;
};

static enum ov_status differs(struct ov_error *err, const char *what)
{
    return ov_fail(err, OV_ERR_CONFLICT, "watchlist.differs",
                   "this reference is on the list under another %s; check the reference", what);
}

/* Whether what is sealed is this text; a text that was not given agrees with everything. */
static enum ov_status compare_sealed(struct addition *add, const struct watchlist_entry *row,
                                     const char *column, struct store_bytes sealed,
                                     const char *text, const char *what)
{
    struct ov_secret plain = OV_SECRET_INIT;
    if (text == NULL)
        return OV_OK;
    if (sealed.data == NULL)
        return differs(add->err, what);
    enum ov_status status =
        vault_unseal(add->key, column, &row->id, sealed.data, sealed.size, &plain, add->err);
    size_t length = strlen(text);
    if (status == OV_OK && (plain.size != length || memcmp(plain.data, text, length) != 0))
        status = differs(add->err, what);
    ov_secret_free(&plain);
    return status;
}

static void forget_sealed(struct watchlist_entry *entry)
{
    entry->sealed_name = entry->sealed_reference = (struct store_bytes){NULL, 0};
    entry->sealed_justification = entry->sealed_birth_date = (struct store_bytes){NULL, 0};
}

static bool is_over(enum entry_state state)
{
    return state == ENTRY_WITHDRAWN || state == ENTRY_EXPIRED;
}

static enum ov_status on_entry(void *ctx, const struct watchlist_entry *row)
{
    struct addition *add = ctx;
    const struct watchlist_proposal *proposal = add->proposal;
    add->entry = *row;
    forget_sealed(&add->entry);
    if (is_over(row->state))
        return OV_OK;
    add->compared =
        compare_sealed(add, row, "entry.name", row->sealed_name, proposal->name, "name");
    if (add->compared == OV_OK)
        add->compared = compare_sealed(add, row, "entry.justification", row->sealed_justification,
                                       proposal->justification, "justification");
    if (add->compared == OV_OK && add->fields.has_birth_date)
        add->compared = compare_sealed(add, row, "entry.birth_date", row->sealed_birth_date,
                                       proposal->birth_date, "date of birth");
    return OV_OK;
}

/* Finds the entry of this reference that is not withdrawn, or an id for a new one. lock: it is not
 * to change before the open transaction ends. */
static enum ov_status find_entry(struct addition *add, bool lock, struct ov_error *err)
{
    add->is_new = false;
    for (unsigned generation = 0; generation < ENTRY_GENERATIONS_MAX; generation++) {
        struct ov_id id;
        struct ov_error inner = OV_ERROR_INIT;
        enum ov_status status =
            entry_id_make(add->key, add->proposal->reference, generation, &id, err);
        if (status != OV_OK)
            return status;
        add->compared = OV_OK;
        status = store_entry_get(add->service->store, &add->deployment.id, &id, lock, on_entry, add,
                                 &inner);
        if (status == OV_ERR_NOT_FOUND) {
            memset(&add->entry, 0, sizeof(add->entry));
            add->entry.id = id;
            add->is_new = true;
            return OV_OK;
        }
        if (status != OV_OK)
            return ov_fail(err, inner.status, inner.code, "%s", inner.text);
        if (!is_over(add->entry.state))
            return add->compared;
    }
    return ov_fail(err, OV_ERR_LIMIT, "watchlist.withdrawn",
                   "this reference has been withdrawn from the list too often to be added again");
}

/* What is said of the entry again has to be the same; what is left out is. */
static bool plain_fields_differ(const struct addition *add)
{
    const struct watchlist_entry *entry = &add->entry;
    const struct watchlist_proposal *given = add->proposal;
    const struct entry_fields *fields = &add->fields;
    return (given->priority != NULL && fields->priority != entry->priority) ||
           (given->legal_basis != NULL && strcmp(fields->legal_basis, entry->legal_basis) != 0) ||
           (given->birth_date != NULL && fields->birth_unknown != entry->birth_unknown) ||
           (given->expiry != NULL && fields->expires_at_us != entry->expires_at_us) ||
           (fields->is_blue_list &&
            memcmp(fields->consent_digest, entry->consent_digest, OV_DIGEST_BYTES) != 0);
}

static enum ov_status check_particulars(const struct addition *add, struct ov_error *err)
{
    const struct watchlist_entry *entry = &add->entry;
    /* Otherwise whoever added only this image could approve it. */
    if (!ov_id_equal(&entry->added_by, &add->actor->principal.id))
        return ov_fail(err, OV_ERR_DENIED, "watchlist.other_adder",
                       "somebody else proposed this reference; only they can add images to it");
    if (strcmp(entry->category, add->proposal->category) != 0 ||
        strcmp(entry->response, add->proposal->response) != 0)
        return ov_fail(err, OV_ERR_CONFLICT, "watchlist.differs",
                       "this reference is on the list with another category or response; give "
                       "the same or withdraw the entry first");
    if (plain_fields_differ(add))
        return ov_fail(err, OV_ERR_CONFLICT, "watchlist.differs",
                       "this reference is on the list with another priority, legal basis, date of "
                       "birth, expiry or consent; give the same, or leave out what may be left "
                       "out");
    return OV_OK;
}

static enum ov_status check_further_image(const struct addition *add, struct ov_error *err)
{
    const struct watchlist_entry *entry = &add->entry;
    if (entry->state == ENTRY_APPROVED)
        return ov_fail(err, OV_ERR_STATE, "watchlist.approved_already",
                       "the entry of this reference is approved; to add an image, withdraw it and "
                       "propose it again with all images");
    if (entry->image_count >= WATCHLIST_IMAGES_PER_ENTRY_MAX)
        return ov_fail(err, OV_ERR_LIMIT, "watchlist.images",
                       "the entry has %d images already; that is the most",
                       WATCHLIST_IMAGES_PER_ENTRY_MAX);
    return OV_OK;
}

/* Compares the new image with one of the subject's others. */
static enum ov_status on_other_image(void *ctx, const struct watchlist_image *row)
{
    struct addition *add = ctx;
    const struct ov_secret *ours = &add->portrait->template_floats;
    struct ov_secret theirs = OV_SECRET_INIT;
    if (row->state == IMAGE_REJECTED)
        return OV_OK;
    enum ov_status status =
        vault_unseal(add->key, "image.template", &row->id, row->sealed_template.data,
                     row->sealed_template.size, &theirs, add->err);
    if (status != OV_OK)
        return status;
    if (theirs.size != ours->size)
        status = ov_fail(add->err, OV_ERR_INTERNAL, "template.dimension",
                         "two templates of one model have different sizes");
    else if (!(ov_descriptor_cosine((const float *)(const void *)ours->data,
                                    (const float *)(const void *)theirs.data,
                                    (int)(ours->size / sizeof(float))) >=
               add->deployment.threshold))
        add->differs = true;
    ov_secret_free(&theirs);
    return status;
}

/*
 * Images of one subject have to look like one person: each like every other. Otherwise one
 * reference could carry five people onto the list. Who adds may say why it is the same person all
 * the same; then a second person decides.
 */
static enum ov_status check_likeness(struct addition *add, struct ov_error *err)
{
    const char *code = add->proposal->override;
    enum ov_status status = store_image_each(add->service->store, &add->deployment.id,
                                             &add->entry.id, on_other_image, add, err);
    if (status != OV_OK || !add->differs || entry_code_is(service_likeness_overrides(), code))
        return status;
    return ov_fail(err, OV_ERR_CONFLICT, "watchlist.images_differ",
                   "the photograph does not look like the same person as the others of this "
                   "reference; check the reference, or propose it with one of the reasons "
                   "years_between, appearance_changed, identity_confirmed for a second person to "
                   "decide");
}

/*
 * A photograph that comes again for its reference adds nothing and is no error: whoever was cut off
 * before the answer may send it once more.
 */
static enum ov_status find_photograph(struct addition *add, struct ov_error *err)
{
    struct store_bytes tag = {add->tag, sizeof(add->tag)};
    enum ov_status status = check_particulars(add, err);
    if (status == OV_OK)
        status = store_image_has_tag(add->service->store, &add->deployment.id, &add->entry.id, tag,
                                     &add->is_same, err);
    return status == OV_OK && !add->is_same ? check_further_image(add, err) : status;
}

/* Proposed now or ever approved: withdrawing makes no room. */
static enum ov_status check_room(const struct addition *add, struct ov_error *err)
{
    struct watchlist_counts counts;
    enum ov_status status =
        store_watchlist_used(add->service->store, &add->deployment.id, &counts, err);
    return status != OV_OK
               ? status
               : check_policy_one_more(
                     &add->policy, add->proposal->category,
                     add->fields.is_blue_list ? counts.blue_listed : counts.listed, err);
}

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

static enum ov_status insert_entry(struct addition *add, struct ov_error *err)
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
    forget_sealed(entry);
    for (size_t i = 0; i < SEALED_COUNT; i++)
        ov_secret_free(&sealed[i]);
    return status;
}

/* The reason that was needed, or "". */
static const char *override_used(const struct addition *add)
{
    return add->differs || add->portrait->quality_overridden ? add->proposal->override : "";
}

static enum ov_status insert_image(struct addition *add, struct ov_error *err)
{
    const struct portrait *portrait = add->portrait;
    struct watchlist_image image = {.id = ov_id_new(),
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

static enum ov_status write_proposed(struct addition *add, struct ov_error *err)
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

static enum ov_status store_addition(struct addition *add, struct ov_error *err)
{
    add->err = err;
    enum ov_status status =
        store_deployment_get(add->service->store, &add->deployment.id, true, &add->deployment, err);
    if (status == OV_OK)
        status = check_list_open(&add->deployment, err);
    if (status == OV_OK)
        status = find_entry(add, true, err);
    if (status == OV_OK && !add->is_new)
        status = find_photograph(add, err);
    if (status != OV_OK || add->is_same)
        return status;
    if (!add->is_new) {
        status = check_likeness(add, err);
    } else {
        status = check_room(add, err);
        if (status == OV_OK)
            status = insert_entry(add, err);
    }
    if (status == OV_OK)
        status = insert_image(add, err);
    if (status == OV_OK)
        status = write_proposed(add, err);
    return status;
}

/* As templates of this deployment are; what the embedder made of the face is wiped. */
static enum ov_status turn_template(struct addition *add, struct ov_error *err)
{
    struct rotation *rotation = NULL;
    int dimension = ov_face_engine_dimension(add->service->faces);
    enum ov_status status =
        vault_rotation(add->service->vault, add->key, dimension, &rotation, err);
    if (status == OV_OK)
        status = rotation_turn(rotation, &add->portrait->template_floats, err);
    rotation_unref(rotation);
    return status;
}

static enum ov_status add_portrait(struct addition *add, struct ov_error *err)
{
    enum ov_status status = turn_template(add, err);
    if (status == OV_OK)
        status = act_begin(add->service, err);
    if (status == OV_OK)
        status = act_end(add->service, store_addition(add, err), err);
    return status;
}

/* What can be refused, or is done already, without looking at the photograph: that takes longest.
 * Nothing is locked, so all of it is asked again in the transaction. */
static enum ov_status look_first(struct addition *add, struct ov_error *err)
{
    const struct watchlist_proposal *proposal = add->proposal;
    enum ov_status status =
        vault_key_load(add->service->vault, VAULT_WATCHLIST, &add->deployment.id, &add->key, err);
    if (status == OV_OK)
        status = vault_tag(add->key, "image.digest", proposal->jpeg, proposal->jpeg_bytes, add->tag,
                           err);
    add->err = err;
    if (status == OV_OK)
        status = find_entry(add, false, err);
    if (status == OV_OK && !add->is_new)
        status = find_photograph(add, err);
    return status;
}

static enum ov_status check_ready(struct service *service, const struct deployment *deployment,
                                  struct ov_error *err)
{
    enum ov_status status = check_list_open(deployment, err);
    if (status == OV_OK && memcmp(deployment->model_digest, ov_face_engine_digest(service->faces),
                                  OV_DIGEST_BYTES) != 0)
        status = ov_fail(err, OV_ERR_STATE, "model.differs",
                         "the deployment was applied for with another model than this server "
                         "runs; apply again");
    return status;
}

/*
 * The reason given, if any. Taking an image against the quality gate is for those who answer for
 * lists: whoever may approve entries, though never these.
 */
static enum ov_status check_override(const struct actor *actor, const char *code, bool *ret_quality,
                                     struct ov_error *err)
{
    *ret_quality = entry_code_is(service_quality_overrides(), code);
    if (*ret_quality)
        return check_permission(actor, ACTION_WATCHLIST_APPROVE, err);
    if (code == NULL || entry_code_is(service_likeness_overrides(), code))
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, "watchlist.override",
                   "a reason to take an image against a check has to be one of: no_better_image, "
                   "risk_to_life, years_between, appearance_changed, identity_confirmed");
}

/* Of the categories that the application named; volunteers may always be listed. */
static enum ov_status check_category(const struct addition *add, struct ov_error *err)
{
    const char *named[DEPLOYMENT_CATEGORIES_MAX];
    for (size_t i = 0; i < add->deployment.category_count; i++)
        named[i] = add->deployment.categories[i];
    return check_policy_category(&add->policy, add->deployment.category_count, named,
                                 add->proposal->category, err);
}

/* What the deployment and its policy say, before anything is looked at. */
static enum ov_status check_fields(struct addition *add, struct ov_error *err)
{
    struct service *service = add->service;
    enum ov_status status = check_ready(service, &add->deployment, err);
    if (status == OV_OK)
        status = service_policy_get(service, add->deployment.policy_version, &add->policy, err);
    if (status == OV_OK)
        status = check_category(add, err);
    struct entry_rules rules = {.kind = add->deployment.kind,
                                .now_us = act_now_us(service),
                                .old_image_years = add->policy.old_image_years,
                                .minor_below_years = add->policy.minor_below_years};
    if (status == OV_OK)
        status = entry_fields_read(add->proposal, &rules, &add->fields, err);
    return status;
}

enum ov_status service_watchlist_propose(struct service *service, const struct actor *actor,
                                         const struct ov_id *deployment_id,
                                         const struct watchlist_proposal *proposal,
                                         struct watchlist_added *ret, struct ov_error *err)
{
    struct portrait portrait = {.thumbnail = OV_SECRET_INIT};
    struct addition add = {
        .service = service, .actor = actor, .proposal = proposal, .portrait = &portrait};
    bool override_quality = false;
    enum ov_status status = check_permission(actor, ACTION_WATCHLIST_ADD, err);
    if (status == OV_OK)
        status = check_proposal(proposal, err);
    if (status == OV_OK)
        status = check_override(actor, proposal->override, &override_quality, err);
    if (status == OV_OK)
        status = store_deployment_get(service->store, deployment_id, false, &add.deployment, err);
    if (status == OV_OK)
        status = check_fields(&add, err);
    if (status == OV_OK)
        status = look_first(&add, err);
    /* Outside the transaction: it takes longer than a lock should be held. */
    if (status == OV_OK && !add.is_same)
        status = portrait_make(service, proposal->jpeg, proposal->jpeg_bytes, override_quality,
                               &portrait, err);
    if (status == OV_OK && !add.is_same)
        status = add_portrait(&add, err);
    portrait_done(&portrait);
    vault_key_free(add.key);
    if (status == OV_OK)
        *ret = (struct watchlist_added){.entry_id = add.entry.id,
                                        .images = add.is_new    ? 1
                                                  : add.is_same ? add.entry.image_count
                                                                : add.entry.image_count + 1,
                                        .state = add.entry.state,
                                        .is_same = add.is_same,
                                        .pending = add.differs};
    return status;
}

enum ov_status service_watchlist_add(struct service *service, const struct actor *actor,
                                     const struct ov_id *deployment_id,
                                     const struct watchlist_proposal *proposal,
                                     struct ov_id *ret_entry_id, struct ov_error *err)
{
    struct watchlist_added added;
    enum ov_status status =
        service_watchlist_propose(service, actor, deployment_id, proposal, &added, err);
    if (status == OV_OK)
        *ret_entry_id = added.entry_id;
    return status;
}
