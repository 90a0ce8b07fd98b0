/* Waivers of the ledger: asked for by one, confirmed by another, with an alarm. */
#include "server/service/waiver.h"

#include "server/service/act.h"
#include "server/service/alarms.h"
#include "server/service/erasure_private.h"
#include "server/service/ledger.h"
#include "server/service/permissions.h"
#include "server/vault/vault.h"

#define ALARM_WAIVED "erasure.ledger_waived"

static enum ov_status write_event(struct service *service, const struct actor *actor,
                                  const char *name, const struct ledger_waiver *waiver,
                                  struct ov_error *err)
{
    struct audit_event *event = audit_event_new(name, actor, act_now_us(service));
    audit_event_deployment(event, &waiver->deployment_id);
    audit_event_object(event, "ledger_waiver", &waiver->id);
    audit_event_code(event, "reason", waiver_reason_name((int)waiver->reason));
    return audit_event_write(service->store, event, err);
}

/* --- asking --- */

/* Loads what is said to be lost, as the erasure will. */
static enum ov_status load(struct service *service, const struct ov_id *deployment_id,
                           enum waiver_reason reason, struct ov_error *why)
{
    struct vault_key *list = NULL;
    struct ledger_key *ledger = NULL;
    enum ov_status status = OV_OK;
    switch (reason) {
    case WAIVER_LIST_KEY_LOST:
        status = vault_key_load(service->vault, VAULT_WATCHLIST, deployment_id, &list, why);
        break;
    case WAIVER_LEDGER_KEY_LOST:
        status = ledger_open(service, &ledger, why);
        break;
    }
    vault_key_free(list);
    ledger_key_free(ledger);
    return status;
}

static enum ov_status check_lost(struct service *service, const struct ov_id *deployment_id,
                                 enum waiver_reason reason, struct ov_error *err)
{
    struct ov_error why = OV_ERROR_INIT;
    enum ov_status status = load(service, deployment_id, reason, &why);
    if (status == OV_OK)
        return ov_fail(err, OV_ERR_STATE, "waiver.not_lost",
                       "the key is there and opens: the ledger can be written, and nothing needs "
                       "to be waived");
    return erasure_is_lost(&why) ? OV_OK : ov_fail(err, status, why.code, "%s", why.text);
}

static enum ov_status ask(struct service *service, const struct actor *actor,
                          const struct ledger_waiver *waiver, struct ov_error *err)
{
    enum ov_status status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = store_waiver_ask(service->store, waiver, err);
    if (status == OV_OK)
        status = write_event(service, actor, "erasure.waiver_asked", waiver, err);
    return act_end(service, status, err);
}

enum ov_status service_waiver_ask(struct service *service, const struct actor *actor,
                                  const struct ov_id *deployment_id, enum waiver_reason reason,
                                  struct ledger_waiver *ret, struct ov_error *err)
{
    struct ledger_waiver waiver = {.id = ov_id_new(),
                                   .deployment_id = *deployment_id,
                                   .reason = reason,
                                   .asked_by = actor->principal.id};
    enum ov_status status = check_permission(actor, ACTION_ERASURE_WAIVE, err);
    if (status == OV_OK)
        status = check_lost(service, deployment_id, reason, err);
    if (status == OV_OK)
        status = ask(service, actor, &waiver, err);
    if (status != OV_OK)
        return status;
    waiver.asked_at_us = act_now_us(service);
    waiver.expires_at_us = waiver.asked_at_us + INT64_C(7) * 86400 * OV_US_PER_S;
    *ret = waiver;
    return OV_OK;
}

/* --- deciding --- */

static enum ov_status confirm(struct service *service, const struct actor *actor,
                              struct ledger_waiver *waiver, struct ov_error *err)
{
    struct ov_id id = waiver->id;
    struct alarm_subject subject = {
        .code = ALARM_WAIVED, .deployment_id = &waiver->deployment_id, .object_id = &id};
    enum ov_status status = store_waiver_lock(service->store, &id, waiver, err);
    if (status == OV_OK)
        status =
            store_waiver_decide(service->store, &id, WAIVER_CONFIRMED, &actor->principal.id, err);
    if (status == OV_OK)
        status = store_waiver_lock(service->store, &id, waiver, err);
    if (status == OV_OK)
        status = write_event(service, actor, "erasure.waiver_confirmed", waiver, err);
    return status == OV_OK ? service_alarm_raise(service, actor, &subject, err) : status;
}

enum ov_status service_waiver_confirm(struct service *service, const struct actor *actor,
                                      const struct ov_id *id, struct ledger_waiver *ret,
                                      struct ov_error *err)
{
    struct ledger_waiver waiver = {.id = *id};
    enum ov_status status = check_permission(actor, ACTION_ERASURE_CONFIRM_WAIVER, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = confirm(service, actor, &waiver, err);
    status = act_end(service, status, err);
    if (status == OV_OK)
        *ret = waiver;
    return status;
}

static enum ov_status withdraw(struct service *service, const struct actor *actor,
                               const struct ov_id *id, struct ov_error *err)
{
    struct ledger_waiver waiver;
    enum ov_status status = store_waiver_lock(service->store, id, &waiver, err);
    if (status == OV_OK)
        status =
            store_waiver_decide(service->store, id, WAIVER_WITHDRAWN, &actor->principal.id, err);
    return status == OV_OK ? write_event(service, actor, "erasure.waiver_withdrawn", &waiver, err)
                           : status;
}

enum ov_status service_waiver_withdraw(struct service *service, const struct actor *actor,
                                       const struct ov_id *id, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_ERASURE_WAIVE, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    return status == OV_OK ? act_end(service, withdraw(service, actor, id, err), err) : status;
}

/* --- seeing --- */

enum ov_status service_waiver_each(struct service *service, const struct actor *actor,
                                   const struct store_page *page,
                                   enum ov_status (*on_row)(void *ctx,
                                                            const struct ledger_waiver *),
                                   void *ctx, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_ERASURE_CHECK, err);
    if (status != OV_OK)
        return status;
    return store_waiver_each(service->store, page, on_row, ctx, err);
}
