/* What is refused of a proposal, held against the list as it is and against the policy. */
#include "server/service/watchlist_addition.h"

#include <string.h>

#include "common/face/face.h"
#include "server/service/check.h"
#include "server/service/entry_id.h"
#include "server/service/permissions.h"
#include "server/service/policy_check.h"
#include "server/service/service.h"
#include "server/service/watchlist_private.h"

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

static bool is_over(enum entry_state state)
{
    return state == ENTRY_WITHDRAWN || state == ENTRY_EXPIRED;
}

static enum ov_status on_entry(void *ctx, const struct watchlist_entry *row)
{
    struct addition *add = ctx;
    const struct watchlist_proposal *proposal = add->proposal;
    add->entry = *row;
    watchlist_forget_sealed(&add->entry);
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

enum ov_status addition_find_entry(struct addition *add, bool lock, struct ov_error *err)
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

enum ov_status addition_check_likeness(struct addition *add, struct ov_error *err)
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

enum ov_status addition_find_photograph(struct addition *add, struct ov_error *err)
{
    struct store_bytes tag = {add->tag, sizeof(add->tag)};
    enum ov_status status = check_particulars(add, err);
    if (status == OV_OK)
        status = store_image_has_tag(add->service->store, &add->deployment.id, &add->entry.id, tag,
                                     &add->is_same, err);
    return status == OV_OK && !add->is_same ? check_further_image(add, err) : status;
}

enum ov_status addition_check_room(const struct addition *add, struct ov_error *err)
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

enum ov_status addition_check_category(const struct addition *add, struct ov_error *err)
{
    const char *named[DEPLOYMENT_CATEGORIES_MAX];
    for (size_t i = 0; i < add->deployment.category_count; i++)
        named[i] = add->deployment.categories[i];
    return check_policy_category(&add->policy, add->deployment.category_count, named,
                                 add->proposal->category, err);
}

enum ov_status addition_check_override(const struct actor *actor, const char *code,
                                       bool *ret_quality, struct ov_error *err)
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
