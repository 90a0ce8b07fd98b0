/* Duty: taking, holding, handing over, ending; see duty.h. */
#include "server/service/duty.h"

#include <stdio.h>
#include <string.h>

#include "server/service/act.h"
#include "server/service/check.h"
#include "server/service/permissions.h"
#include "server/service/policy.h"

static const enum role duty_roles[] = {ROLE_DEPLOYMENT_LEAD, ROLE_ADJUDICATOR,
                                       ROLE_ENGAGEMENT_OFFICER};

enum ov_status service_duty_role(const char *name, enum role *ret, struct ov_error *err)
{
    for (size_t i = 0; i < sizeof(duty_roles) / sizeof(duty_roles[0]); i++) {
        if (strcmp(name, role_name(duty_roles[i])) == 0) {
            *ret = duty_roles[i];
            return OV_OK;
        }
    }
    return ov_fail(err, OV_ERR_INVALID, "duty.role",
                   "duty is as deployment_lead, adjudicator or engagement_officer");
}

static enum ov_status check_role(const struct actor *actor, enum role role, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_DUTY, err);
    if (status == OV_OK && (actor->principal.roles & (unsigned)role) == 0)
        return ov_fail(err, OV_ERR_DENIED, "duty.without_role",
                       "you do not hold the role %s; whoever holds it takes the duty",
                       role_name(role));
    return status;
}

static struct duty_key key_of(const struct actor *actor, const struct ov_id *deployment_id,
                              enum role role)
{
    return (struct duty_key){*deployment_id, actor->principal.id, role};
}

static struct audit_event *new_event(const char *name, const struct actor *actor,
                                     const struct duty_key *key, int64_t at_us)
{
    struct audit_event *event = audit_event_new(name, actor, at_us);
    audit_event_deployment(event, &key->deployment_id);
    audit_event_object(event, "principal", &key->person_id);
    audit_event_code(event, "role", role_name(key->role));
    return event;
}

/* --- taking --- */

static enum ov_status take(struct service *service, const struct actor *actor,
                           const struct duty_key *key, struct ov_error *err)
{
    struct deployment deployment;
    struct ov_error none = OV_ERROR_INIT;
    int64_t now_us = act_now_us(service);
    /* The lock: two requests of one person take turns. */
    enum ov_status status =
        store_deployment_get(service->store, &key->deployment_id, true, &deployment, err);
    if (status != OV_OK)
        return status;
    status = store_duty_seen(service->store, key, now_us, &none);
    if (status == OV_OK)
        return OV_OK;
    if (status != OV_ERR_NOT_FOUND)
        return ov_fail(err, none.status, none.code, "%s", none.text);
    status = store_duty_take(service->store, key, now_us, err);
    return status == OV_OK
               ? audit_event_write(service->store, new_event("duty.taken", actor, key, now_us), err)
               : status;
}

enum ov_status service_duty_take(struct service *service, const struct actor *actor,
                                 const struct ov_id *deployment_id, enum role role,
                                 struct ov_error *err)
{
    const struct duty_key key = key_of(actor, deployment_id, role);
    enum ov_status status = check_role(actor, role, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    return status == OV_OK ? act_end(service, take(service, actor, &key, err), err) : status;
}

/* --- holding --- */

/* The policy that the deployment keeps. */
static enum ov_status heartbeat_of(struct service *service, const struct deployment *deployment,
                                   int *ret_heartbeat_s, struct ov_error *err)
{
    struct policy policy;
    enum ov_status status = service_policy_get(service, deployment->policy_version, &policy, err);
    if (status == OV_OK)
        *ret_heartbeat_s = policy.heartbeat_s;
    return status;
}

enum ov_status service_duty_heartbeat(struct service *service, const struct actor *actor,
                                      const struct ov_id *deployment_id, enum role role,
                                      int *ret_heartbeat_s, struct ov_error *err)
{
    struct deployment deployment;
    const struct duty_key key = key_of(actor, deployment_id, role);
    enum ov_status status = check_role(actor, role, err);
    if (status == OV_OK)
        status = store_duty_seen(service->store, &key, act_now_us(service), err);
    if (status == OV_OK)
        status = store_deployment_get(service->store, deployment_id, false, &deployment, err);
    return status == OV_OK ? heartbeat_of(service, &deployment, ret_heartbeat_s, err) : status;
}

/* --- ending, handing over --- */

static enum ov_status end(struct service *service, const struct actor *actor,
                          const struct duty_key *key, struct ov_error *err)
{
    int64_t now_us = act_now_us(service);
    enum ov_status status = store_duty_end(service->store, key, now_us, err);
    return status == OV_OK
               ? audit_event_write(service->store, new_event("duty.ended", actor, key, now_us), err)
               : status;
}

enum ov_status service_duty_end(struct service *service, const struct actor *actor,
                                const struct ov_id *deployment_id, enum role role,
                                struct ov_error *err)
{
    const struct duty_key key = key_of(actor, deployment_id, role);
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_DUTY, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    return status == OV_OK ? act_end(service, end(service, actor, &key, err), err) : status;
}

static enum ov_status check_receiver(const struct principal *receiver, const struct actor *actor,
                                     enum role role, struct ov_error *err)
{
    if (ov_id_equal(&receiver->id, &actor->principal.id))
        return ov_fail(err, OV_ERR_INVALID, "duty.same_person",
                       "duty is handed over to another person");
    if (!receiver->active || receiver->kind != PRINCIPAL_PERSON ||
        (receiver->roles & (unsigned)role) == 0)
        return ov_fail(err, OV_ERR_DENIED, "duty.receiver",
                       "whoever takes over is an active person with the role %s", role_name(role));
    return OV_OK;
}

static enum ov_status find_person(struct service *service, const char *name, struct principal *ret,
                                  struct ov_error *err)
{
    char uri[PRINCIPAL_NAME_SIZE + 16];
    struct ov_error inner = OV_ERROR_INIT;
    enum ov_status status = check_identity_name(name, "duty.receiver", err);
    if (status != OV_OK)
        return status;
    (void)snprintf(uri, sizeof(uri), "overt://person/%s", name);
    status = store_principal_by_identity(service->store, uri, ret, &inner);
    if (status == OV_ERR_NOT_FOUND)
        return ov_fail(err, OV_ERR_NOT_FOUND, "duty.receiver",
                       "there is no person called %s; give the name that is in their certificate",
                       name);
    return status == OV_OK ? OV_OK : ov_fail(err, inner.status, inner.code, "%s", inner.text);
}

static enum ov_status hand_over(struct service *service, const struct actor *actor,
                                const struct duty_key *from, const char *to_name,
                                struct ov_error *err)
{
    struct deployment deployment;
    struct principal receiver;
    struct ov_error none = OV_ERROR_INIT;
    int64_t now_us = act_now_us(service);
    enum ov_status status =
        store_deployment_get(service->store, &from->deployment_id, true, &deployment, err);
    if (status == OV_OK)
        status = find_person(service, to_name, &receiver, err);
    if (status == OV_OK)
        status = check_receiver(&receiver, actor, from->role, err);
    if (status == OV_OK)
        status = store_duty_end(service->store, from, now_us, err);
    if (status != OV_OK)
        return status;
    const struct duty_key to = {from->deployment_id, receiver.id, from->role};
    status = store_duty_seen(service->store, &to, now_us, &none);
    if (status == OV_ERR_NOT_FOUND)
        status = store_duty_take(service->store, &to, now_us, err);
    else if (status != OV_OK)
        return ov_fail(err, none.status, none.code, "%s", none.text);
    if (status != OV_OK)
        return status;
    struct audit_event *event = new_event("duty.handed_over", actor, from, now_us);
    audit_event_id(event, "receiver", &receiver.id);
    return audit_event_write(service->store, event, err);
}

enum ov_status service_duty_hand_over(struct service *service, const struct actor *actor,
                                      const struct ov_id *deployment_id, enum role role,
                                      const char *to_name, struct ov_error *err)
{
    const struct duty_key from = key_of(actor, deployment_id, role);
    enum ov_status status = check_role(actor, role, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    return status == OV_OK ? act_end(service, hand_over(service, actor, &from, to_name, err), err)
                           : status;
}

/* --- seeing --- */

enum ov_status service_duty_each(struct service *service, const struct actor *actor,
                                 const struct ov_id *deployment_id,
                                 enum ov_status (*on_row)(void *ctx, const struct duty *),
                                 void *ctx, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_SEE, err);
    return status == OV_OK ? store_duty_each(service->store, deployment_id, on_row, ctx, err)
                           : status;
}

enum ov_status service_duty_presence(struct service *service, const struct deployment *deployment,
                                     struct duty_presence *ret, int *ret_heartbeat_s,
                                     struct ov_error *err)
{
    enum ov_status status = heartbeat_of(service, deployment, ret_heartbeat_s, err);
    if (status != OV_OK)
        return status;
    int64_t now_us = 0; /* the database's, which nobody was heard of later than */
    status = store_now(service->store, &now_us, err);
    return status == OV_OK ? store_duty_presence(service->store, &deployment->id,
                                                 now_us - *ret_heartbeat_s * OV_US_PER_S, ret, err)
                           : status;
}
