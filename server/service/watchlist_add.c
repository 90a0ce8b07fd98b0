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

#include <string.h>

#include "common/face/face.h"
#include "server/service/act.h"
#include "server/service/check.h"
#include "server/service/ledger.h"
#include "server/service/permissions.h"
#include "server/service/service.h"
#include "server/service/watchlist_addition.h"
#include "server/vault/rotation.h"

static enum ov_status store_addition(struct addition *add, struct ov_error *err)
{
    add->err = err;
    enum ov_status status =
        store_deployment_get(add->service->store, &add->deployment.id, true, &add->deployment, err);
    if (status == OV_OK)
        status = check_list_open(&add->deployment, err);
    if (status == OV_OK)
        status = addition_find_entry(add, true, err);
    if (status == OV_OK && !add->is_new)
        status = addition_find_photograph(add, err);
    if (status != OV_OK || add->is_same)
        return status;
    if (!add->is_new) {
        status = addition_check_likeness(add, err);
    } else {
        status = addition_check_room(add, err);
        if (status == OV_OK)
            status = addition_insert_entry(add, err);
    }
    if (status == OV_OK)
        status = addition_insert_image(add, err);
    if (status == OV_OK)
        status = addition_write_event(add, err);
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
    struct store_bytes jpeg = {add->proposal->jpeg, add->proposal->jpeg_bytes};
    add->image_id = ov_id_new();
    enum ov_status status = turn_template(add, err);
    if (status == OV_OK)
        status = ledger_image_seal(add->service, add->key, &add->image_id, jpeg,
                                   &add->ledger_digest, err);
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
        status = addition_find_entry(add, false, err);
    if (status == OV_OK && !add->is_new)
        status = addition_find_photograph(add, err);
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

/* What the deployment and its policy say, before anything is looked at. */
static enum ov_status check_fields(struct addition *add, struct ov_error *err)
{
    struct service *service = add->service;
    enum ov_status status = check_ready(service, &add->deployment, err);
    if (status == OV_OK)
        status = service_policy_get(service, add->deployment.policy_version, &add->policy, err);
    if (status == OV_OK)
        status = addition_check_category(add, err);
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
        status = addition_check_override(actor, proposal->override, &override_quality, err);
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
    ov_secret_free(&add.ledger_digest);
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
