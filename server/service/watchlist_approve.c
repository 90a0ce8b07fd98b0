/* Approving: one entry that was opened, or a round. And what expires. */
#include <string.h>

#include "server/service/act.h"
#include "server/service/approval.h"
#include "server/service/permissions.h"
#include "server/service/policy.h"
#include "server/service/watchlist_private.h"

/* Entries approved in one transaction: its locks are held for well under a second. */
#define APPROVE_BATCH 500

/* What the database insists on; a policy may ask for more, never for less. */
#define SAMPLE_PERMILLE_LEAST 10
#define SAMPLE_LEAST 20

static bool has_role(const struct actor *actor, unsigned roles)
{
    return (actor->principal.roles & roles) != 0;
}

static enum ov_status approve_entry(struct service *service, const struct actor *actor,
                                    const struct ov_id *deployment_id, const struct ov_id *entry_id,
                                    const struct ov_id *round_id, struct ov_error *err)
{
    int64_t now_us = act_now_us(service);
    enum ov_status status = store_entry_approve(service->store, deployment_id, entry_id,
                                                &actor->principal.id, now_us, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event = audit_event_new("entry.approved", actor, now_us);
    audit_event_deployment(event, deployment_id);
    audit_event_object(event, "entry", entry_id);
    if (round_id != NULL)
        audit_event_id(event, "round", round_id);
    return audit_event_write(service->store, event, err);
}

/* --- one ----------------------------------------------------------------------------------- */

/* A higher authority approves those under 18, and leaves the others to those who keep lists. */
static enum ov_status check_minor(const struct actor *actor, const struct watchlist_entry *entry,
                                  struct ov_error *err)
{
    if (entry->under_18 && !has_role(actor, ROLE_HIGHER_AUTHORITY))
        return ov_fail(err, OV_ERR_DENIED, "entry.under_18",
                       "the entry is of somebody under 18: a higher authority has to approve it");
    if (!entry->under_18 && !has_role(actor, ROLE_WATCHLIST_MANAGER | ROLE_AUTHORISING_OFFICER))
        return ov_fail(err, OV_ERR_DENIED, "permission.denied",
                       "a higher authority approves entries of those under 18 only; others take "
                       "one of the roles: watchlist_manager, authorising_officer");
    return OV_OK;
}

static enum ov_status approve_one(struct service *service, const struct actor *actor,
                                  const struct ov_id *deployment_id, const struct ov_id *entry_id,
                                  struct ov_error *err)
{
    struct watchlist_entry entry;
    enum ov_status status = watchlist_lock(service, deployment_id, err);
    if (status == OV_OK)
        status = watchlist_lock_entry(service, deployment_id, entry_id, &entry, err);
    if (status != OV_OK)
        return status;
    if (entry.state != ENTRY_PROPOSED)
        return ov_fail(err, OV_ERR_STATE, "entry.not_proposed",
                       "the entry is %s; only a proposed one can be approved",
                       entry_state_name(entry.state));
    if (ov_id_equal(&entry.added_by, &actor->principal.id))
        return ov_fail(err, OV_ERR_DENIED, "entry.same_person",
                       "you added this entry; another person has to approve it");
    status = check_minor(actor, &entry, err);
    if (status == OV_OK)
        status = approve_entry(service, actor, deployment_id, entry_id, NULL, err);
    if (status == OV_OK)
        status = store_deployment_bump_gallery(service->store, deployment_id, err);
    return status;
}

enum ov_status service_watchlist_approve(struct service *service, const struct actor *actor,
                                         const struct ov_id *deployment_id,
                                         const struct ov_id *entry_id, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_WATCHLIST_APPROVE, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    return act_end(service, approve_one(service, actor, deployment_id, entry_id, err), err);
}

/* --- rounds -------------------------------------------------------------------------------- */

static enum ov_status check_keeps_lists(const struct actor *actor, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_WATCHLIST_APPROVE, err);
    if (status == OV_OK && !has_role(actor, ROLE_WATCHLIST_MANAGER | ROLE_AUTHORISING_OFFICER))
        status = ov_fail(err, OV_ERR_DENIED, "permission.denied",
                         "a round of approval takes one of the roles: watchlist_manager, "
                         "authorising_officer");
    return status;
}

static struct audit_event *round_event(struct service *service, const char *name,
                                       const struct actor *actor, const struct ov_id *deployment_id,
                                       const struct round *round)
{
    struct audit_event *event = audit_event_new(name, actor, act_now_us(service));
    audit_event_deployment(event, deployment_id);
    audit_event_object(event, "round", &round->id);
    audit_event_int(event, "entries", round->entries);
    audit_event_int(event, "flagged", round->flagged);
    audit_event_int(event, "sampled", round->sampled);
    audit_event_int(event, "opened", round->opened);
    return event;
}

static enum ov_status draw_round(struct service *service, const struct actor *actor,
                                 const struct ov_id *deployment_id, struct round *ret,
                                 struct ov_error *err)
{
    struct deployment deployment;
    struct policy policy;
    int64_t waiting = 0;
    int64_t entries = 0;
    struct round_draw draw = {.deployment_id = *deployment_id,
                              .id = ov_id_new(),
                              .by = actor->principal.id,
                              .at_us = act_now_us(service),
                              .may_under_18 = has_role(actor, ROLE_HIGHER_AUTHORITY)};
    enum ov_status status =
        store_deployment_get(service->store, deployment_id, true, &deployment, err);
    if (status == OV_OK)
        status = check_list_open(&deployment, err);
    if (status == OV_OK)
        status = service_policy_get(service, deployment.policy_version, &policy, err);
    if (status == OV_OK)
        status = store_compared_left(service->store, deployment_id, &waiting, err);
    if (status == OV_OK && waiting > 0)
        status = ov_fail(err, OV_ERR_STATE, "watchlist.not_compared",
                         "%lld images have not been compared with the list yet; have them compared "
                         "first",
                         (long long)waiting);
    if (status != OV_OK)
        return status;
    draw.permille = policy.sample_permille > SAMPLE_PERMILLE_LEAST ? policy.sample_permille
                                                                   : SAMPLE_PERMILLE_LEAST;
    draw.least = policy.sample_min > SAMPLE_LEAST ? policy.sample_min : SAMPLE_LEAST;
    status = store_round_draw(service->store, &draw, &entries, err);
    if (status == OV_OK && entries == 0)
        status = ov_fail(err, OV_ERR_STATE, "watchlist.nothing_proposed",
                         "no entry that another person proposed is ready for your approval");
    if (status == OV_OK)
        status = store_round_get(service->store, deployment_id, &draw.id, ret, err);
    return status == OV_OK
               ? audit_event_write(
                     service->store,
                     round_event(service, "watchlist.round_drawn", actor, deployment_id, ret), err)
               : status;
}

enum ov_status service_round_draw(struct service *service, const struct actor *actor,
                                  const struct ov_id *deployment_id, struct round *ret,
                                  struct ov_error *err)
{
    enum ov_status status = check_keeps_lists(actor, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    return act_end(service, draw_round(service, actor, deployment_id, ret, err), err);
}

static enum ov_status own_round(struct service *service, const struct actor *actor,
                                const struct ov_id *deployment_id, const struct ov_id *round_id,
                                struct round *ret, struct ov_error *err)
{
    enum ov_status status = store_round_get(service->store, deployment_id, round_id, ret, err);
    if (status == OV_OK && !ov_id_equal(&ret->drawn_by, &actor->principal.id))
        status = ov_fail(err, OV_ERR_DENIED, "round.other_person",
                         "another person began this round; begin one of your own");
    return status;
}

enum ov_status service_round_get(struct service *service, const struct actor *actor,
                                 const struct ov_id *deployment_id, const struct ov_id *round_id,
                                 store_on_entry_id on_to_open, void *ctx, struct round *ret,
                                 struct ov_error *err)
{
    enum ov_status status = check_keeps_lists(actor, err);
    if (status == OV_OK)
        status = own_round(service, actor, deployment_id, round_id, ret, err);
    return status == OV_OK
               ? store_round_to_open(service->store, deployment_id, round_id, on_to_open, ctx, err)
               : status;
}

/* Once: the round itself. Its entries follow in batches. */
static enum ov_status close_round(struct service *service, const struct actor *actor,
                                  const struct ov_id *deployment_id, const struct ov_id *round_id,
                                  struct round *ret, struct ov_error *err)
{
    enum ov_status status = watchlist_lock(service, deployment_id, err);
    if (status == OV_OK)
        status = own_round(service, actor, deployment_id, round_id, ret, err);
    if (status != OV_OK || ret->approved)
        return status;
    if (ret->opened < ret->flagged + ret->sampled)
        return ov_fail(err, OV_ERR_STATE, "round.not_opened",
                       "%lld of %lld entries that have to be opened have been; open the rest",
                       (long long)ret->opened, (long long)(ret->flagged + ret->sampled));
    status = store_round_approve(service->store, deployment_id, round_id, act_now_us(service), err);
    return status == OV_OK ? audit_event_write(service->store,
                                               round_event(service, "watchlist.round_approved",
                                                           actor, deployment_id, ret),
                                               err)
                           : status;
}

struct batch {
    struct ov_id ids[APPROVE_BATCH];
    size_t count;
};

static enum ov_status on_left(void *ctx, const struct ov_id *entry_id)
{
    struct batch *batch = ctx;
    batch->ids[batch->count++] = *entry_id;
    return OV_OK;
}

static enum ov_status approve_batch(struct service *service, const struct actor *actor,
                                    const struct ov_id *deployment_id, const struct ov_id *round_id,
                                    struct batch *batch, struct ov_error *err)
{
    batch->count = 0;
    enum ov_status status = watchlist_lock(service, deployment_id, err);
    if (status == OV_OK)
        status = store_round_left(service->store, deployment_id, round_id, APPROVE_BATCH, on_left,
                                  batch, err);
    for (size_t i = 0; i < batch->count && status == OV_OK; i++)
        status = approve_entry(service, actor, deployment_id, &batch->ids[i], round_id, err);
    if (status == OV_OK && batch->count > 0)
        status = store_deployment_bump_gallery(service->store, deployment_id, err);
    return status;
}

enum ov_status service_round_approve(struct service *service, const struct actor *actor,
                                     const struct ov_id *deployment_id,
                                     const struct ov_id *round_id, struct round *ret,
                                     int64_t *ret_approved, struct ov_error *err)
{
    struct batch batch = {.count = 0};
    *ret_approved = 0;
    enum ov_status status = check_keeps_lists(actor, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = act_end(service, close_round(service, actor, deployment_id, round_id, ret, err), err);
    do {
        if (status == OV_OK)
            status = act_begin(service, err);
        if (status != OV_OK)
            return status;
        status = act_end(service,
                         approve_batch(service, actor, deployment_id, round_id, &batch, err), err);
        if (status == OV_OK)
            *ret_approved += (int64_t)batch.count;
    } while (status == OV_OK && batch.count > 0);
    return status;
}

/* --- what expires -------------------------------------------------------------------------- */

#define EXPIRE_BATCH 200

struct expired {
    struct ov_id deployment_id;
    struct ov_id id;
};

struct expired_batch {
    struct expired items[EXPIRE_BATCH];
    size_t count;
};

static enum ov_status on_expired(void *ctx, const struct ov_id *deployment_id,
                                 const struct ov_id *id)
{
    struct expired_batch *batch = ctx;
    batch->items[batch->count++] = (struct expired){*deployment_id, *id};
    return OV_OK;
}

static enum ov_status expire(struct service *service, const struct expired *what,
                             struct ov_error *err)
{
    struct watchlist_entry entry;
    int64_t now_us = act_now_us(service);
    enum ov_status status = watchlist_lock(service, &what->deployment_id, err);
    if (status == OV_OK)
        status = watchlist_lock_entry(service, &what->deployment_id, &what->id, &entry, err);
    if (status != OV_OK || (entry.state != ENTRY_PROPOSED && entry.state != ENTRY_APPROVED))
        return status;
    status = store_entry_expire(service->store, &what->deployment_id, &what->id, now_us, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event = audit_event_new("entry.expired", act_server(), now_us);
    audit_event_deployment(event, &what->deployment_id);
    audit_event_object(event, "entry", &what->id);
    audit_event_code(event, "was", entry_state_name(entry.state));
    status = audit_event_write(service->store, event, err);
    if (status == OV_OK)
        status = store_deployment_bump_gallery(service->store, &what->deployment_id, err);
    return status;
}

/* One that fails does not keep the others on the list; the first failure is returned at the end. */
enum ov_status service_watchlist_expire(struct service *service, struct ov_error *err)
{
    struct expired_batch batch = {.count = 0};
    enum ov_status status =
        store_entry_expired_each(service->store, EXPIRE_BATCH, on_expired, &batch, err);
    for (size_t i = 0; i < batch.count; i++) {
        struct ov_error one = OV_ERROR_INIT;
        if (act_begin(service, &one) != OV_OK) /* nor can any other */
            return ov_fail(err, one.status, one.code, "%s", one.text);
        enum ov_status outcome = act_end(service, expire(service, &batch.items[i], &one), &one);
        /* OV_ERR_STATE: it ended meanwhile, its list goes anyway. */
        if (outcome != OV_OK && outcome != OV_ERR_STATE && status == OV_OK)
            status = ov_fail(err, outcome, one.code, "%s", one.text);
    }
    return status;
}
