/* Deciding to keep an alert as evidence. */
#include "server/service/evidence.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/base/clock.h"
#include "server/service/act.h"
#include "server/service/evidence_private.h"
#include "server/service/permissions.h"
#include "server/store/alerts.h"
#include "server/store/policies.h"

#define NUMBER_MAX_BYTES 64
#define DAY_US (INT64_C(24) * 3600 * OV_US_PER_S)

/* --- checks --- */

static enum ov_status check_number(const char *number, struct ov_error *err)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./_- ";
    size_t length = strlen(number);
    if (length == 0 || length > NUMBER_MAX_BYTES || strspn(number, allowed) != length)
        return ov_fail(err, OV_ERR_INVALID, "evidence.number",
                       "the number of the case or complaint has 1 to %d of A-Z a-z 0-9 . / _ - and "
                       "blank",
                       NUMBER_MAX_BYTES);
    return OV_OK;
}

/* The database knows the law's 90 days; the policy may have less. */
static enum ov_status check_review(struct service *service, int64_t review_at_us,
                                   struct ov_error *err)
{
    struct policy policy;
    int64_t now_us = act_now_us(service);
    enum ov_status status = store_policy_get(service->store, 0, &policy, err);
    if (status == OV_OK &&
        (review_at_us <= now_us || review_at_us > now_us + policy.evidence_review_days * DAY_US))
        status = ov_fail(err, OV_ERR_INVALID, "evidence.review",
                         "the review date is in the future, at most %d days ahead",
                         policy.evidence_review_days);
    return status;
}

/* --- reading --- */

struct reading {
    struct service *service;
    struct evidence_view *ret;
    struct ov_error *err;
};

static enum ov_status open_number(struct service *service, const struct evidence_hold *hold,
                                  struct ov_secret *ret, struct ov_error *err)
{
    struct vault_key *key = NULL;
    struct ov_error inner = OV_ERROR_INIT;
    enum ov_status status =
        vault_key_load(service->vault, VAULT_ALERT, &hold->alert_id, &key, &inner);
    if (status == OV_ERR_NOT_FOUND)
        return OV_OK; /* the alert has been erased, and its numbers with it */
    if (status != OV_OK)
        return ov_fail(err, inner.status, inner.code, "%s", inner.text);
    status = vault_unseal(key, EVIDENCE_NUMBER_COLUMN, &hold->id, hold->sealed_number.data,
                          hold->sealed_number.size, ret, err);
    vault_key_free(key);
    return status;
}

static enum ov_status on_hold(void *ctx, const struct evidence_hold *hold)
{
    struct reading *reading = ctx;
    struct evidence_view *ret = reading->ret;
    ret->hold = *hold;
    ret->hold.sealed_number = (struct store_bytes){NULL, 0};
    return open_number(reading->service, hold, &ret->number, reading->err);
}

enum ov_status evidence_load(struct service *service, const struct ov_id *hold_id,
                             struct evidence_view *ret, struct ov_error *err)
{
    struct evidence_view view = {.number = OV_SECRET_INIT};
    struct reading reading = {service, &view, err};
    enum ov_status status = store_evidence_get(service->store, hold_id, on_hold, &reading, err);
    if (status != OV_OK)
        ov_secret_free(&view.number);
    else
        *ret = view;
    return status;
}

/* --- acts --- */

static enum ov_status write_event(struct service *service, const char *name,
                                  const struct actor *actor, const struct evidence_hold *hold,
                                  int64_t review_at_us, struct ov_error *err)
{
    struct audit_event *event = audit_event_new(name, actor, act_now_us(service));
    audit_event_deployment(event, &hold->deployment_id);
    audit_event_object(event, "evidence", &hold->id);
    audit_event_id(event, "alert", &hold->alert_id);
    if (hold->kind[0] != '\0') {
        audit_event_code(event, "kind", hold->kind);
        audit_event_code(event, "brought_by", hold->brought_by);
    }
    if (review_at_us != 0)
        audit_event_int(event, "review_at_us", review_at_us);
    return audit_event_write(service->store, event, err);
}

static enum ov_status on_alert(void *ctx, const struct alert_row *alert)
{
    struct evidence_hold *hold = ctx;
    hold->deployment_id = alert->deployment_id;
    return OV_OK;
}

static enum ov_status fail_gone(struct ov_error *err)
{
    return ov_fail(err, OV_ERR_NOT_FOUND, "evidence.alert_gone",
                   "there is no such alert, or its time was over and it has been erased");
}

static enum ov_status find_alert(struct service *service, struct evidence_hold *hold,
                                 struct ov_error *err)
{
    struct ov_error inner = OV_ERROR_INIT;
    enum ov_status status =
        store_alert_get(service->store, &hold->alert_id, on_alert, hold, &inner);
    if (status == OV_ERR_NOT_FOUND)
        return fail_gone(err);
    return status == OV_OK ? OV_OK : ov_fail(err, inner.status, inner.code, "%s", inner.text);
}

/* The event has a digest of the sealed number: its nonce makes that no test of a guess. */
static enum ov_status write_proposed(struct service *service, const struct actor *actor,
                                     const struct evidence_hold *hold, int64_t review_at_us,
                                     struct ov_error *err)
{
    uint8_t digest[OV_DIGEST_BYTES];
    if (EVP_Digest(hold->sealed_number.data, hold->sealed_number.size, digest, NULL, EVP_sha256(),
                   NULL) != 1)
        return ov_fail(err, OV_ERR_CRYPTO, "evidence.digest", "no digest could be made");
    struct audit_event *event = audit_event_new("evidence.proposed", actor, act_now_us(service));
    audit_event_deployment(event, &hold->deployment_id);
    audit_event_object(event, "evidence", &hold->id);
    audit_event_id(event, "alert", &hold->alert_id);
    audit_event_code(event, "kind", hold->kind);
    audit_event_code(event, "brought_by", hold->brought_by);
    audit_event_digest(event, "number", digest, sizeof(digest));
    audit_event_int(event, "review_at_us", review_at_us);
    return audit_event_write(service->store, event, err);
}

static enum ov_status propose(struct service *service, const struct actor *actor,
                              struct evidence_hold *hold, int64_t review_at_us,
                              struct ov_error *err)
{
    enum ov_status status = store_evidence_add(service->store, hold, err);
    if (status == OV_OK)
        status = store_evidence_term_add(service->store, &hold->id, review_at_us,
                                         &actor->principal.id, err);
    if (status == OV_OK)
        status = write_proposed(service, actor, hold, review_at_us, err);
    return status;
}

static enum ov_status seal_number(struct service *service, const struct evidence_hold *hold,
                                  const char *number, struct ov_secret *ret, struct ov_error *err)
{
    struct vault_key *key = NULL;
    struct ov_error inner = OV_ERROR_INIT;
    enum ov_status status =
        vault_key_load(service->vault, VAULT_ALERT, &hold->alert_id, &key, &inner);
    if (status == OV_ERR_NOT_FOUND)
        return fail_gone(err);
    if (status != OV_OK)
        return ov_fail(err, inner.status, inner.code, "%s", inner.text);
    status = vault_seal(key, EVIDENCE_NUMBER_COLUMN, &hold->id, number, strlen(number), ret, err);
    vault_key_free(key);
    return status;
}

/* What an act returns: the hold as it is now, without its number. */
static enum ov_status show(struct service *service, enum ov_status status,
                           const struct ov_id *hold_id, struct evidence_view *ret,
                           struct ov_error *err)
{
    struct evidence_view view;
    if (status == OV_OK)
        status = evidence_load(service, hold_id, &view, err);
    status = act_end(service, status, err);
    if (status != OV_OK)
        return status;
    ov_secret_free(&view.number);
    *ret = view;
    return OV_OK;
}

enum ov_status service_evidence_propose(struct service *service, const struct actor *actor,
                                        const struct evidence_proposal *proposal,
                                        struct evidence_view *ret, struct ov_error *err)
{
    struct evidence_hold hold = {.id = ov_id_new(), .alert_id = proposal->alert_id};
    struct ov_secret number = OV_SECRET_INIT;
    (void)snprintf(hold.kind, sizeof(hold.kind), "%s", proposal->kind);
    (void)snprintf(hold.brought_by, sizeof(hold.brought_by), "%s", proposal->brought_by);
    enum ov_status status = check_permission(actor, ACTION_EVIDENCE_PROPOSE, err);
    if (status == OV_OK)
        status = check_number(proposal->number, err);
    if (status == OV_OK)
        status = check_review(service, proposal->review_at_us, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = find_alert(service, &hold, err);
    if (status == OV_OK)
        status = seal_number(service, &hold, proposal->number, &number, err);
    hold.sealed_number = (struct store_bytes){number.data, number.size};
    if (status == OV_OK)
        status = propose(service, actor, &hold, proposal->review_at_us, err);
    status = show(service, status, &hold.id, ret, err);
    ov_secret_free(&number);
    return status;
}

/* Begins an act on a hold that nobody else decides about meanwhile. */
static enum ov_status begin_on(struct service *service, const struct ov_id *hold_id,
                               struct evidence_hold *ret, struct ov_error *err)
{
    struct evidence_view view;
    enum ov_status status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = store_evidence_lock(service->store, hold_id, err);
    if (status == OV_OK)
        status = evidence_load(service, hold_id, &view, err);
    if (status != OV_OK)
        return act_end(service, status, err);
    ov_secret_free(&view.number);
    *ret = view.hold;
    return OV_OK;
}

enum ov_status service_evidence_renew(struct service *service, const struct actor *actor,
                                      const struct ov_id *hold_id, int64_t review_at_us,
                                      struct evidence_view *ret, struct ov_error *err)
{
    struct evidence_hold hold = {.in_force = false};
    enum ov_status status = check_permission(actor, ACTION_EVIDENCE_PROPOSE, err);
    if (status == OV_OK)
        status = check_review(service, review_at_us, err);
    if (status == OV_OK)
        status = begin_on(service, hold_id, &hold, err);
    if (status != OV_OK)
        return status;
    status =
        store_evidence_term_add(service->store, hold_id, review_at_us, &actor->principal.id, err);
    if (status == OV_OK)
        status = write_event(service, "evidence.renewal_proposed", actor, &hold, review_at_us, err);
    return show(service, status, hold_id, ret, err);
}

enum ov_status service_evidence_confirm(struct service *service, const struct actor *actor,
                                        const struct ov_id *hold_id, struct evidence_view *ret,
                                        struct ov_error *err)
{
    struct evidence_hold hold = {.in_force = false};
    enum ov_status status = check_permission(actor, ACTION_EVIDENCE_CONFIRM, err);
    if (status == OV_OK)
        status = begin_on(service, hold_id, &hold, err);
    if (status != OV_OK)
        return status;
    if (ov_id_equal(&hold.open_by, &actor->principal.id))
        status = ov_fail(err, OV_ERR_DENIED, "evidence.same_person",
                         "you proposed this; another person has to confirm it");
    if (status == OV_OK)
        status = store_evidence_confirm(service->store, hold_id, &actor->principal.id, err);
    if (status == OV_OK)
        status = write_event(service, hold.in_force ? "evidence.renewed" : "evidence.held", actor,
                             &hold, hold.open_review_at_us, err);
    return show(service, status, hold_id, ret, err);
}

enum ov_status service_evidence_release(struct service *service, const struct actor *actor,
                                        const struct ov_id *hold_id, struct evidence_view *ret,
                                        struct ov_error *err)
{
    struct evidence_hold hold = {.in_force = false};
    enum ov_status status = check_permission(actor, ACTION_EVIDENCE_PROPOSE, err);
    if (status == OV_OK)
        status = begin_on(service, hold_id, &hold, err);
    if (status != OV_OK)
        return status;
    status = store_evidence_end(service->store, hold_id, &actor->principal.id, err);
    if (status == OV_OK)
        status = write_event(service, "evidence.released", actor, &hold, 0, err);
    return show(service, status, hold_id, ret, err);
}

/* --- showing --- */

struct listing {
    struct service *service;
    enum ov_status (*on_row)(void *ctx, const struct evidence_view *);
    void *ctx;
    int64_t numbers;
    struct ov_error *err;
};

static enum ov_status on_listed(void *ctx, const struct evidence_hold *hold)
{
    struct listing *listing = ctx;
    struct evidence_view view = {.number = OV_SECRET_INIT};
    struct reading reading = {listing->service, &view, listing->err};
    enum ov_status status = on_hold(&reading, hold);
    listing->numbers += view.number.size > 0 ? 1 : 0;
    if (status == OV_OK)
        status = listing->on_row(listing->ctx, &view);
    ov_secret_free(&view.number);
    return status;
}

enum ov_status
service_evidence_each(struct service *service, const struct actor *actor, const struct ov_id *after,
                      int limit, enum ov_status (*on_row)(void *ctx, const struct evidence_view *),
                      void *ctx, struct ov_error *err)
{
    struct listing listing = {service, on_row, ctx, 0, err};
    enum ov_status status = check_permission(actor, ACTION_EVIDENCE_CONFIRM, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = store_evidence_each(service->store, after, limit, on_listed, &listing, err);
    if (status == OV_OK && listing.numbers > 0) {
        struct audit_event *event = audit_event_new("evidence.viewed", actor, act_now_us(service));
        audit_event_int(event, "holds", listing.numbers);
        status = audit_event_write(service->store, event, err);
    }
    return act_end(service, status, err);
}

/* --- lapsing --- */

struct lapsing {
    struct service *service;
    enum ov_status first; /* failure; the others lapse all the same */
    struct ov_error *err;
};

static enum ov_status lapse(struct service *service, const struct evidence_hold *hold,
                            struct ov_error *err)
{
    enum ov_status status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = store_evidence_end(service->store, &hold->id, NULL, err);
    if (status == OV_OK)
        status = write_event(service, "evidence.lapsed", act_server(), hold, 0, err);
    return act_end(service, status, err);
}

static enum ov_status on_lapsed(void *ctx, const struct evidence_hold *hold)
{
    struct lapsing *lapsing = ctx;
    struct ov_error one = OV_ERROR_INIT;
    enum ov_status status = lapse(lapsing->service, hold, &one);
    if (status != OV_OK && lapsing->first == OV_OK)
        lapsing->first = ov_fail(lapsing->err, status, one.code, "%s", one.text);
    return OV_OK;
}

enum ov_status service_evidence_lapse(struct service *service, struct ov_error *err)
{
    struct lapsing lapsing = {service, OV_OK, err};
    enum ov_status status = store_evidence_each_lapsed(service->store, on_lapsed, &lapsing, err);
    return status != OV_OK ? status : lapsing.first;
}
