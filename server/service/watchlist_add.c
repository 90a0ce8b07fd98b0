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

#include "common/face/face.h"
#include "server/service/act.h"
#include "server/service/check.h"
#include "server/service/permissions.h"
#include "server/vault/rotation.h"
#include "server/vault/vault.h"

/* The face's neighbourhood, for people to look at; must fit an alert. */
#define THUMBNAIL_MARGIN 0.4f
#define THUMBNAIL_SIDE_PX 256
#define THUMBNAIL_SIDE_LEAST_PX 64

/* Smaller faces are not looked for in a reference image: the quality gate would refuse them. */
#define REFERENCE_MIN_FACE_PX 24

/* Times a reference may be withdrawn and proposed anew within one deployment. */
#define GENERATIONS_MAX 16

/* What is made of the photograph before the transaction. */
struct portrait {
    struct ov_secret thumbnail;
    struct ov_secret template_floats;
    struct ov_quality quality;
};

static void portrait_done(struct portrait *portrait)
{
    ov_secret_free(&portrait->thumbnail);
    ov_secret_free(&portrait->template_floats);
}

/* --- looking at the photograph --- */

static enum ov_status check_faces(const struct ov_face_list *faces, struct ov_error *err)
{
    size_t count = check_face_count(faces);
    if (count == 0)
        return ov_fail(err, OV_ERR_INVALID, "watchlist.no_face",
                       "no face was found in the photograph; use one that shows the whole face "
                       "from the front");
    if (count > 1)
        return ov_fail(err, OV_ERR_INVALID, "watchlist.several_faces",
                       "%zu faces were found in the photograph; cut out the one that is meant",
                       count);
    return OV_OK;
}

static enum ov_status check_quality(const struct ov_face *face, struct ov_error *err)
{
    const struct ov_quality_gate *gate = ov_quality_gate_reference();
    const struct ov_quality *q = &face->quality;
    enum ov_quality_reason reason = face->cut_off ? OV_QUALITY_CUT_OFF : ov_quality_check(q, gate);
    if (reason == OV_QUALITY_OK)
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, "watchlist.quality",
                   "%s (%s; eyes %.0f px apart, at least %.0f; sharpness %.2f, at least %.2f; "
                   "turned %.0f, raised %.0f, tilted %.0f degrees; brightness %.2f)",
                   ov_quality_reason_text(reason), ov_quality_reason_name(reason),
                   (double)q->eye_distance_px, (double)gate->min_eye_distance_px,
                   (double)q->sharpness, (double)gate->min_sharpness, (double)q->yaw_deg,
                   (double)q->pitch_deg, (double)q->roll_deg, (double)q->brightness);
}

static enum ov_status make_thumbnail(const struct ov_image *image, const struct ov_face *face,
                                     struct ov_secret *ret_jpeg, struct ov_error *err)
{
    for (int side = THUMBNAIL_SIDE_PX; side >= THUMBNAIL_SIDE_LEAST_PX; side /= 2) {
        struct ov_secret jpeg = OV_SECRET_INIT;
        enum ov_status status = ov_face_crop_jpeg(image, face, THUMBNAIL_MARGIN, side, &jpeg, err);
        if (status != OV_OK)
            return status;
        if (jpeg.size <= OV_REFERENCE_JPEG_MAX) {
            *ret_jpeg = jpeg;
            return OV_OK;
        }
        ov_secret_free(&jpeg);
    }
    return ov_fail(err, OV_ERR_INTERNAL, "watchlist.thumbnail", "the thumbnail does not get small");
}

static enum ov_status portray_faces(struct service *service, const struct ov_image *image,
                                    const struct ov_face_list *faces, struct portrait *portrait,
                                    struct ov_error *err)
{
    enum ov_status status = check_faces(faces, err);
    if (status == OV_OK)
        status = check_quality(&faces->faces[0], err);
    if (status != OV_OK)
        return status;
    portrait->quality = faces->faces[0].quality;
    status =
        ov_face_embed(service->faces, image, &faces->faces[0], &portrait->template_floats, err);
    if (status == OV_OK)
        status = make_thumbnail(image, &faces->faces[0], &portrait->thumbnail, err);
    return status;
}

/* portrait is zeroed by the caller and freed by it, also after a failure. */
static enum ov_status portray(struct service *service, const struct watchlist_proposal *proposal,
                              struct portrait *portrait, struct ov_error *err)
{
    struct ov_image image = OV_IMAGE_INIT;
    enum ov_status status = ov_jpeg_decode(&image, proposal->jpeg, proposal->jpeg_bytes, 0, err);
    if (status != OV_OK)
        return status;
    struct ov_face_list faces = {NULL, 0};
    status = ov_face_find(service->faces, &image, REFERENCE_MIN_FACE_PX, &faces, err);
    if (status == OV_OK)
        status = portray_faces(service, &image, &faces, portrait, err);
    ov_face_list_free(&faces);
    ov_image_free(&image);
    return status;
}

/* --- storing it --- */

/* One proposal on its way into the database. */
struct addition {
    struct service *service;
    const struct actor *actor;
    const struct watchlist_proposal *proposal;
    struct portrait *portrait;
    struct deployment deployment;
    struct vault_key *key;
    uint8_t tag[VAULT_TAG_BYTES]; /* of the photograph; keyed, so that nobody can try others */
    struct watchlist_entry entry; /* its sealed fields are empty */
    bool is_new;
    bool is_same;            /* the entry has this very photograph */
    enum ov_status compared; /* of an entry found: does the name agree? */
    struct ov_error *err;
};

static enum ov_status entry_id(const struct addition *add, unsigned generation, struct ov_id *ret,
                               struct ov_error *err)
{
    /* Length and generation first, so that no two inputs give the same bytes. */
    uint8_t input[2 + WATCHLIST_TEXT_MAX_BYTES];
    uint8_t tag[VAULT_TAG_BYTES];
    size_t length = strlen(add->proposal->reference);
    input[0] = (uint8_t)generation;
    input[1] = (uint8_t)length;
    memcpy(input + 2, add->proposal->reference, length);
    enum ov_status status = vault_tag(add->key, "entry.id", input, 2 + length, tag, err);
    ov_wipe(input, sizeof(input));
    if (status != OV_OK)
        return status;
    memcpy(ret->bytes, tag, OV_ID_BYTES);
    ret->bytes[6] = (uint8_t)((ret->bytes[6] & 0x0f) | 0x80); /* UUID version 8, RFC 9562 */
    ret->bytes[8] = (uint8_t)((ret->bytes[8] & 0x3f) | 0x80);
    return OV_OK;
}

static enum ov_status on_entry(void *ctx, const struct watchlist_entry *row)
{
    struct addition *add = ctx;
    add->entry = *row;
    add->entry.sealed_name = add->entry.sealed_reference = (struct store_bytes){NULL, 0};
    if (row->state == ENTRY_WITHDRAWN)
        return OV_OK;
    struct ov_secret name = OV_SECRET_INIT;
    add->compared = vault_unseal(add->key, "entry.name", &row->id, row->sealed_name.data,
                                 row->sealed_name.size, &name, add->err);
    size_t length = strlen(add->proposal->name);
    if (add->compared == OV_OK &&
        (name.size != length || memcmp(name.data, add->proposal->name, length) != 0))
        add->compared = ov_fail(add->err, OV_ERR_CONFLICT, "watchlist.differs",
                                "this reference is on the list under another name; check the "
                                "reference");
    ov_secret_free(&name);
    return OV_OK;
}

/* Finds the entry of this reference that is not withdrawn, or an id for a new one. lock: it is not
 * to change before the open transaction ends. */
static enum ov_status find_entry(struct addition *add, bool lock, struct ov_error *err)
{
    add->is_new = false;
    for (unsigned generation = 0; generation < GENERATIONS_MAX; generation++) {
        struct ov_id id;
        struct ov_error inner = OV_ERROR_INIT;
        enum ov_status status = entry_id(add, generation, &id, err);
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
        if (add->entry.state != ENTRY_WITHDRAWN)
            return add->compared;
    }
    return ov_fail(err, OV_ERR_LIMIT, "watchlist.withdrawn",
                   "this reference has been withdrawn from the list too often to be added again");
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

static enum ov_status check_room(const struct addition *add, struct ov_error *err)
{
    struct watchlist_counts counts;
    enum ov_status status =
        store_watchlist_counts(add->service->store, &add->deployment.id, &counts, err);
    if (status == OV_OK &&
        counts.proposed + counts.approved + counts.withdrawn >= WATCHLIST_ENTRIES_MAX)
        status = ov_fail(err, OV_ERR_LIMIT, "watchlist.full",
                         "the watchlist has had %d entries; that is the most for one deployment",
                         WATCHLIST_ENTRIES_MAX);
    return status;
}

static struct store_bytes bytes_of(const struct ov_secret *secret)
{
    return (struct store_bytes){secret->data, secret->size};
}

static enum ov_status insert_entry(struct addition *add, struct ov_error *err)
{
    const struct watchlist_proposal *proposal = add->proposal;
    struct watchlist_entry *entry = &add->entry;
    entry->deployment_id = add->deployment.id;
    (void)snprintf(entry->category, sizeof(entry->category), "%s", proposal->category);
    (void)snprintf(entry->response, sizeof(entry->response), "%s", proposal->response);
    entry->state = ENTRY_PROPOSED;
    entry->added_by = add->actor->principal.id;
    entry->added_at_us = act_now_us(add->service);

    struct ov_secret name = OV_SECRET_INIT;
    struct ov_secret reference = OV_SECRET_INIT;
    enum ov_status status = vault_seal(add->key, "entry.name", &entry->id, proposal->name,
                                       strlen(proposal->name), &name, err);
    if (status == OV_OK)
        status = vault_seal(add->key, "entry.reference", &entry->id, proposal->reference,
                            strlen(proposal->reference), &reference, err);
    entry->sealed_name = bytes_of(&name);
    entry->sealed_reference = bytes_of(&reference);
    if (status == OV_OK)
        status = store_entry_add(add->service->store, entry, err);
    entry->sealed_name = entry->sealed_reference = (struct store_bytes){NULL, 0};
    ov_secret_free(&name);
    ov_secret_free(&reference);
    return status;
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
    audit_event_code(event, "override", "none");
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
    if (add->is_new) {
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

enum ov_status service_watchlist_propose(struct service *service, const struct actor *actor,
                                         const struct ov_id *deployment_id,
                                         const struct watchlist_proposal *proposal,
                                         struct watchlist_added *ret, struct ov_error *err)
{
    struct portrait portrait = {.thumbnail = OV_SECRET_INIT};
    struct addition add = {
        .service = service, .actor = actor, .proposal = proposal, .portrait = &portrait};
    enum ov_status status = check_permission(actor, ACTION_WATCHLIST_ADD, err);
    if (status == OV_OK)
        status = check_proposal(proposal, err);
    if (status == OV_OK)
        status = store_deployment_get(service->store, deployment_id, false, &add.deployment, err);
    if (status == OV_OK)
        status = check_ready(service, &add.deployment, err);
    if (status == OV_OK)
        status = look_first(&add, err);
    /* Outside the transaction: it takes longer than a lock should be held. */
    if (status == OV_OK && !add.is_same)
        status = portray(service, proposal, &portrait, err);
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
                                        .is_same = add.is_same};
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
