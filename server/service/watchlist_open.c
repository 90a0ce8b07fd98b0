/* Opening an entry, and deciding on an image that waits. */
#include <string.h>

#include "server/service/act.h"
#include "server/service/approval.h"
#include "server/service/permissions.h"
#include "server/service/watchlist_private.h"

struct opening {
    struct service *service;
    const struct vault_key *key;
    struct watchlist_opened *opened;
    struct ov_error *err;
};

static enum ov_status on_entry(void *ctx, const struct watchlist_entry *row)
{
    struct opening *opening = ctx;
    return watchlist_view_open(opening->key, row, &opening->opened->view, opening->err);
}

static enum ov_status on_image(void *ctx, const struct watchlist_image *row)
{
    struct opening *opening = ctx;
    struct watchlist_opened *opened = opening->opened;
    if (row->state == IMAGE_REJECTED || opened->image_count == WATCHLIST_IMAGES_PER_ENTRY_MAX)
        return OV_OK;
    struct opened_image *image = &opened->images[opened->image_count];
    image->row = *row;
    image->row.sealed_thumbnail = image->row.sealed_template = (struct store_bytes){NULL, 0};
    enum ov_status status =
        vault_unseal(opening->key, "image.thumbnail", &row->id, row->sealed_thumbnail.data,
                     row->sealed_thumbnail.size, &image->thumbnail, opening->err);
    if (status == OV_OK)
        opened->image_count++;
    return status;
}

static enum ov_status on_lookalike(void *ctx, const struct ov_id *other, int score_milli)
{
    struct watchlist_opened *opened = ((struct opening *)ctx)->opened;
    if (opened->lookalike_count == WATCHLIST_LOOKALIKES_SHOWN)
        return OV_OK;
    opened->lookalikes[opened->lookalike_count].entry_id = *other;
    opened->lookalikes[opened->lookalike_count++].score_milli = score_milli;
    return OV_OK;
}

static enum ov_status write_opened(const struct opening *opening, const struct actor *actor,
                                   const struct ov_id *deployment_id, const struct ov_id *entry_id,
                                   struct ov_error *err)
{
    struct audit_event *event =
        audit_event_new("entry.opened", actor, act_now_us(opening->service));
    audit_event_deployment(event, deployment_id);
    audit_event_object(event, "entry", entry_id);
    audit_event_int(event, "images", (int64_t)opening->opened->image_count);
    audit_event_int(event, "lookalikes", (int64_t)opening->opened->lookalike_count);
    return audit_event_write(opening->service->store, event, err);
}

/* The entry's row is locked: no image is added between looking and noting how many there were. */
static enum ov_status open_entry(struct opening *opening, const struct actor *actor,
                                 const struct ov_id *deployment_id, const struct ov_id *entry_id,
                                 struct ov_error *err)
{
    struct store *store = opening->service->store;
    struct ov_error inner = OV_ERROR_INIT;
    enum ov_status status =
        store_entry_get(store, deployment_id, entry_id, true, on_entry, opening, &inner);
    if (status == OV_ERR_NOT_FOUND)
        return ov_fail(err, OV_ERR_NOT_FOUND, "entry.unknown",
                       "the watchlist has no such entry; list it to see which there are");
    if (status != OV_OK)
        return inner.status != OV_OK ? ov_fail(err, inner.status, inner.code, "%s", inner.text)
                                     : status;
    status = store_image_each(store, deployment_id, entry_id, on_image, opening, err);
    if (status == OV_OK)
        status = store_lookalike_each(store, deployment_id, entry_id, on_lookalike, opening, err);
    if (status == OV_OK)
        status = store_opening_add(store, deployment_id, entry_id, &actor->principal.id,
                                   opening->opened->view.entry.image_rows, err);
    if (status == OV_OK)
        status = write_opened(opening, actor, deployment_id, entry_id, err);
    return status;
}

enum ov_status service_watchlist_open(struct service *service, const struct actor *actor,
                                      const struct ov_id *deployment_id,
                                      const struct ov_id *entry_id, struct watchlist_opened *ret,
                                      struct ov_error *err)
{
    struct vault_key *key = NULL;
    memset(ret, 0, sizeof(*ret));
    enum ov_status status = check_permission(actor, ACTION_WATCHLIST_SEE, err);
    if (status == OV_OK)
        status = watchlist_check_open(service, deployment_id, err);
    if (status == OV_OK)
        status = vault_key_load(service->vault, VAULT_WATCHLIST, deployment_id, &key, err);
    struct opening opening = {service, key, ret, err};
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status == OV_OK)
        status = act_end(service, open_entry(&opening, actor, deployment_id, entry_id, err), err);
    vault_key_free(key);
    if (status != OV_OK)
        watchlist_opened_done(ret);
    return status;
}

void watchlist_opened_done(struct watchlist_opened *opened)
{
    watchlist_view_done(&opened->view);
    for (size_t i = 0; i < opened->image_count; i++)
        ov_secret_free(&opened->images[i].thumbnail);
    opened->image_count = 0;
}

/* --- an image that waits ------------------------------------------------------------------- */

struct image_search {
    const struct ov_id *id;
    struct watchlist_image image;
    bool found;
};

static enum ov_status on_candidate(void *ctx, const struct watchlist_image *row)
{
    struct image_search *search = ctx;
    if (!ov_id_equal(&row->id, search->id))
        return OV_OK;
    search->image = *row;
    search->image.sealed_thumbnail = search->image.sealed_template = (struct store_bytes){NULL, 0};
    search->found = true;
    return OV_OK;
}

static enum ov_status decide(struct service *service, const struct actor *actor,
                             const struct ov_id *deployment_id, const struct ov_id *entry_id,
                             const struct ov_id *image_id, bool accept, struct ov_error *err)
{
    struct watchlist_entry entry;
    struct image_search search = {.id = image_id};
    int64_t now_us = act_now_us(service);
    enum ov_status status = watchlist_lock(service, deployment_id, err);
    if (status == OV_OK)
        status = watchlist_lock_entry(service, deployment_id, entry_id, &entry, err);
    if (status == OV_OK)
        status =
            store_image_each(service->store, deployment_id, entry_id, on_candidate, &search, err);
    if (status != OV_OK)
        return status;
    if (!search.found)
        return ov_fail(err, OV_ERR_NOT_FOUND, "image.unknown",
                       "the entry has no such image; open it to see which there are");
    if (search.image.state != IMAGE_PENDING)
        return ov_fail(err, OV_ERR_STATE, "image.not_pending",
                       "the image is %s; only one that is pending waits for a decision",
                       image_state_name(search.image.state));
    enum image_state state = accept ? IMAGE_ACCEPTED : IMAGE_REJECTED;
    status =
        store_image_decide(service->store, &search.image, state, &actor->principal.id, now_us, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event =
        audit_event_new(accept ? "entry.image_accepted" : "entry.image_rejected", actor, now_us);
    audit_event_deployment(event, deployment_id);
    audit_event_object(event, "entry", entry_id);
    audit_event_id(event, "image", image_id);
    audit_event_code(event, "override", search.image.override_code);
    return audit_event_write(service->store, event, err);
}

enum ov_status service_watchlist_decide_image(struct service *service, const struct actor *actor,
                                              const struct ov_id *deployment_id,
                                              const struct ov_id *entry_id,
                                              const struct ov_id *image_id, bool accept,
                                              struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_WATCHLIST_APPROVE, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    return act_end(service, decide(service, actor, deployment_id, entry_id, image_id, accept, err),
                   err);
}
