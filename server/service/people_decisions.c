/*
 * Proposals about people, their confirmation, and what one administrator does alone.
 *
 * The database holds the same rules: no person, role, identity or reactivation without a decision
 * of two active administrators, confirmed in the transaction that does it.
 */
#include "server/service/people_decisions.h"

#include <stdio.h>
#include <string.h>

#include "server/service/act.h"
#include "server/service/alarms.h"
#include "server/service/check.h"
#include "server/service/permissions.h"
#include "server/store/duty.h"

#define PERSON_ROLES (((1u << ROLE_COUNT) - 1u) & ~(unsigned)ROLE_SITE)

static enum ov_status find_target(struct service *service, const struct people_target *target,
                                  struct principal *ret, struct ov_error *err)
{
    struct ov_error inner = OV_ERROR_INIT;
    enum ov_status status =
        store_principal_by_name(service->store, target->kind, target->name, ret, &inner);
    if (status == OV_ERR_NOT_FOUND)
        return ov_fail(err, OV_ERR_NOT_FOUND, "people.unknown", "there is no such %s; see the list",
                       target->kind == PRINCIPAL_SITE ? "site" : "person");
    return status == OV_OK ? OV_OK : ov_fail(err, inner.status, inner.code, "%s", inner.text);
}

static void note_roles(struct audit_event *event, unsigned roles)
{
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        char key[64];
        (void)snprintf(key, sizeof(key), "role_%s", role_name((enum role)(1u << i)));
        if ((roles & (1u << i)) != 0)
            audit_event_int(event, key, 1);
    }
}

/* --- proposing --- */

static enum ov_status check_roles(unsigned roles, struct ov_error *err)
{
    if (roles != 0 && (roles & ~PERSON_ROLES) == 0)
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, "people.roles",
                   "name the roles to give; sites have theirs by themselves");
}

static enum ov_status check_people_proposal(const struct people_proposal *proposal,
                                            struct ov_error *err)
{
    enum ov_status status = check_identity_name(proposal->target.name, "people.name", err);
    if (status != OV_OK)
        return status;
    switch (proposal->kind) {
    case PEOPLE_ADD_PERSON:
    case PEOPLE_GRANT_ROLE:
        if (proposal->target.kind == PRINCIPAL_SITE)
            return ov_fail(err, OV_ERR_INVALID, "people.roles", "a site has no such roles");
        return check_roles(proposal->roles, err);
    case PEOPLE_ADD_IDENTITY:
        return check_identity_name(proposal->identity, "people.identity", err);
    case PEOPLE_REACTIVATE:
        return OV_OK;
    }
    return ov_fail(err, OV_ERR_INVALID, "people.kind", "there is no such proposal");
}

static enum ov_status fill_decision(struct service *service, const struct people_proposal *proposal,
                                    struct people_decision *ret, struct ov_error *err)
{
    struct principal principal = {.id = ov_id_new()};
    const struct people_target *target = &proposal->target;
    enum ov_status status = OV_OK;
    if (proposal->kind != PEOPLE_ADD_PERSON)
        status = find_target(service, target, &principal, err);
    if (status != OV_OK)
        return status;
    *ret = (struct people_decision){
        .id = ov_id_new(), .kind = proposal->kind, .principal_id = principal.id};
    (void)snprintf(ret->name, sizeof(ret->name), "%s", target->name);
    if (proposal->kind == PEOPLE_ADD_PERSON || proposal->kind == PEOPLE_GRANT_ROLE)
        ret->roles = proposal->roles;
    if (proposal->kind == PEOPLE_ADD_PERSON || proposal->kind == PEOPLE_ADD_IDENTITY)
        (void)snprintf(ret->uri, sizeof(ret->uri), "overt://%s/%s",
                       target->kind == PRINCIPAL_SITE ? "site" : "person",
                       proposal->kind == PEOPLE_ADD_PERSON ? target->name : proposal->identity);
    return OV_OK;
}

static enum ov_status write_decision(struct service *service, const struct actor *actor,
                                     const char *name, const struct people_decision *decision,
                                     struct ov_error *err)
{
    struct audit_event *event = audit_event_new(name, actor, act_now_us(service));
    audit_event_object(event, "principal", &decision->principal_id);
    audit_event_id(event, "proposal", &decision->id);
    audit_event_code(event, "proposal_kind", people_decision_kind_name((int)decision->kind));
    audit_event_id(event, "proposed_by", &decision->proposed_by);
    if (decision->uri[0] != '\0') /* the NAME in the certificate: a staff id, no person's name */
        audit_event_code(event, "identity", strrchr(decision->uri, '/') + 1);
    note_roles(event, decision->roles);
    return audit_event_write(service->store, event, err);
}

static enum ov_status propose(struct service *service, const struct actor *actor,
                              const struct people_proposal *proposal, struct people_decision *ret,
                              struct ov_error *err)
{
    struct people_decision decision;
    enum ov_status status = fill_decision(service, proposal, &decision, err);
    if (status != OV_OK)
        return status;
    decision.proposed_by = actor->principal.id;
    status = store_people_propose(service->store, &decision, err);
    if (status == OV_OK)
        status = write_decision(service, actor, "people.proposed", &decision, err);
    if (status == OV_OK)
        status = store_people_decision_get(service->store, &decision.id, false, ret, err);
    return status;
}

enum ov_status service_people_propose(struct service *service, const struct actor *actor,
                                      const struct people_proposal *proposal,
                                      struct people_decision *ret, struct ov_error *err)
{
    struct people_decision decision;
    enum ov_status status = check_permission(actor, ACTION_PEOPLE_PROPOSE, err);
    if (status == OV_OK)
        status = check_people_proposal(proposal, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = propose(service, actor, proposal, &decision, err);
    status = act_end(service, status, err);
    if (status == OV_OK)
        *ret = decision;
    return status;
}

/* --- confirming and withdrawing --- */

static enum ov_status add_person(struct service *service, const struct people_decision *decision,
                                 struct ov_error *err)
{
    struct principal person = {.id = decision->principal_id,
                               .kind = PRINCIPAL_PERSON,
                               .active = true,
                               .roles = decision->roles};
    memcpy(person.name, decision->name, sizeof(person.name));
    return store_principal_add(service->store, &person, decision->uri, err);
}

static enum ov_status do_confirmed(struct service *service, const struct people_decision *decision,
                                   struct ov_error *err)
{
    struct store *store = service->store;
    switch (decision->kind) {
    case PEOPLE_ADD_PERSON:
        return add_person(service, decision, err);
    case PEOPLE_GRANT_ROLE:
        return store_principal_grant(store, &decision->principal_id, decision->roles, err);
    case PEOPLE_ADD_IDENTITY:
        return store_principal_add_identity(store, &decision->principal_id, decision->uri, err);
    case PEOPLE_REACTIVATE:
        return store_principal_set_active(store, &decision->principal_id, true, err);
    }
    return ov_fail(err, OV_ERR_INTERNAL, "store.row", "a proposal of no known kind");
}

static const char *event_of(enum people_decision_kind kind)
{
    switch (kind) {
    case PEOPLE_ADD_PERSON:
        return "principal.added";
    case PEOPLE_GRANT_ROLE:
        return "principal.roles_granted";
    case PEOPLE_ADD_IDENTITY:
        return "principal.identity_added";
    case PEOPLE_REACTIVATE:
        break;
    }
    return "principal.reactivated";
}

static enum ov_status check_open(const struct service *service,
                                 const struct people_decision *decision, struct ov_error *err)
{
    if (decision->state != PEOPLE_PROPOSED)
        return ov_fail(err, OV_ERR_STATE, "people.decided",
                       "this proposal has been %s already; a new one can be made",
                       people_decision_state_name((int)decision->state));
    if (act_now_us(service) >= decision->expires_at_us)
        return ov_fail(err, OV_ERR_STATE, "people.expired",
                       "the proposal is older than seven days; propose it again");
    return OV_OK;
}

static enum ov_status confirm(struct service *service, const struct actor *actor,
                              const struct ov_id *id, struct people_decision *decision,
                              struct ov_error *err)
{
    enum ov_status status = store_people_decision_get(service->store, id, true, decision, err);
    if (status == OV_OK)
        status = check_open(service, decision, err);
    if (status == OV_OK && ov_id_equal(&decision->proposed_by, &actor->principal.id))
        status = ov_fail(err, OV_ERR_DENIED, "people.same_person",
                         "you proposed it; another administrator confirms it");
    if (status == OV_OK)
        status =
            store_people_decide(service->store, id, PEOPLE_CONFIRMED, &actor->principal.id, err);
    if (status == OV_OK)
        status = do_confirmed(service, decision, err);
    if (status == OV_OK)
        status = write_decision(service, actor, event_of(decision->kind), decision, err);
    return status == OV_OK ? store_people_decision_get(service->store, id, false, decision, err)
                           : status;
}

static enum ov_status withdraw(struct service *service, const struct actor *actor,
                               const struct ov_id *id, struct people_decision *decision,
                               struct ov_error *err)
{
    enum ov_status status = store_people_decision_get(service->store, id, true, decision, err);
    if (status == OV_OK)
        status = check_open(service, decision, err);
    if (status == OV_OK)
        status =
            store_people_decide(service->store, id, PEOPLE_WITHDRAWN, &actor->principal.id, err);
    if (status == OV_OK)
        status = write_decision(service, actor, "people.withdrawn", decision, err);
    return status == OV_OK ? store_people_decision_get(service->store, id, false, decision, err)
                           : status;
}

typedef enum ov_status (*decide)(struct service *service, const struct actor *actor,
                                 const struct ov_id *id, struct people_decision *decision,
                                 struct ov_error *err);

static enum ov_status decide_on(struct service *service, const struct actor *actor,
                                const struct ov_id *id, decide act, struct people_decision *ret,
                                struct ov_error *err)
{
    struct people_decision decision;
    enum ov_status status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = act(service, actor, id, &decision, err);
    status = act_end(service, status, err);
    if (status == OV_OK)
        *ret = decision;
    return status;
}

enum ov_status service_people_confirm(struct service *service, const struct actor *actor,
                                      const struct ov_id *id, struct people_decision *ret,
                                      struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_PEOPLE_CONFIRM, err);
    return status != OV_OK ? status : decide_on(service, actor, id, confirm, ret, err);
}

enum ov_status service_people_withdraw(struct service *service, const struct actor *actor,
                                       const struct ov_id *id, struct people_decision *ret,
                                       struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_PEOPLE_PROPOSE, err);
    return status != OV_OK ? status : decide_on(service, actor, id, withdraw, ret, err);
}

/* --- what one administrator does at once --- */

/* With one administrator left, nobody can be added any more: somebody should know in time. */
static enum ov_status watch_administrators(struct service *service, struct ov_error *err)
{
    static const struct alarm_subject alone = {.code = "people.one_administrator"};
    int64_t count = 0;
    enum ov_status status =
        store_principal_count_role(service->store, ROLE_ADMINISTRATOR, &count, err);
    if (status != OV_OK || count >= 2)
        return status;
    return service_alarm_raise(service, act_server(), &alone, err);
}

struct narrowing {
    const char *event;
    unsigned roles;   /* that are gone */
    const char *duty; /* that ends with them; NULL: every */
    const char *reason_code;
};

static enum ov_status write_narrowed(struct service *service, const struct actor *actor,
                                     const struct principal *principal,
                                     const struct narrowing *narrowing, struct ov_error *err)
{
    int64_t now_us = act_now_us(service);
    int64_t duties = 0;
    /* Nobody counts as being there who may not be. */
    enum ov_status status =
        store_duty_end_all(service->store, &principal->id, narrowing->duty, now_us, &duties, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event = audit_event_new(narrowing->event, actor, now_us);
    audit_event_int(event, "duties_ended", duties);
    audit_event_object(event, "principal", &principal->id);
    audit_event_code(event, "kind", principal->kind == PRINCIPAL_SITE ? "site" : "person");
    audit_event_code(event, "reason", narrowing->reason_code);
    note_roles(event, narrowing->roles);
    return audit_event_write(service->store, event, err);
}

static enum ov_status suspend(struct service *service, const struct actor *actor,
                              const struct people_target *target, const char *reason_code,
                              struct ov_error *err)
{
    struct principal principal;
    enum ov_status status = find_target(service, target, &principal, err);
    if (status == OV_OK && !principal.active)
        status = ov_fail(err, OV_ERR_STATE, "people.suspended",
                         "it is suspended already; nothing is left to do");
    if (status == OV_OK)
        status = store_principal_set_active(service->store, &principal.id, false, err);
    if (status == OV_OK)
        status = write_narrowed(service, actor, &principal,
                                &(struct narrowing){.event = "principal.suspended",
                                                    .roles = principal.roles,
                                                    .reason_code = reason_code},
                                err);
    if (status == OV_OK && (principal.roles & ROLE_OVERSIGHT) != 0)
        status = service_alarm_raise(
            service, actor,
            &(struct alarm_subject){.code = "oversight.suspended", .object_id = &principal.id},
            err);
    if (status == OV_OK && (principal.roles & ROLE_ADMINISTRATOR) != 0)
        status = watch_administrators(service, err);
    return status;
}

enum ov_status service_people_suspend(struct service *service, const struct actor *actor,
                                      const struct people_target *target, const char *reason_code,
                                      struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_PEOPLE_SUSPEND, err);
    if (status == OV_OK)
        status = check_reason(reason_code, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = suspend(service, actor, target, reason_code, err);
    return act_end(service, status, err);
}

static enum ov_status revoke(struct service *service, const struct actor *actor, const char *name,
                             enum role role, const char *reason_code, struct ov_error *err)
{
    const struct people_target target = {PRINCIPAL_PERSON, name};
    struct principal principal;
    bool held = false;
    enum ov_status status = find_target(service, &target, &principal, err);
    if (status == OV_OK)
        status = store_principal_revoke(service->store, &principal.id, role, &held, err);
    if (status == OV_OK && !held)
        status =
            ov_fail(err, OV_ERR_STATE, "people.not_held",
                    "%s does not hold the role %s; see the list of people", name, role_name(role));
    if (status == OV_OK)
        status = write_narrowed(service, actor, &principal,
                                &(struct narrowing){.event = "principal.role_revoked",
                                                    .roles = role,
                                                    .duty = role_name(role),
                                                    .reason_code = reason_code},
                                err);
    if (status == OV_OK && role == ROLE_OVERSIGHT)
        status = service_alarm_raise(
            service, actor,
            &(struct alarm_subject){.code = "oversight.revoked", .object_id = &principal.id}, err);
    if (status == OV_OK && role == ROLE_ADMINISTRATOR)
        status = watch_administrators(service, err);
    return status;
}

enum ov_status service_people_revoke(struct service *service, const struct actor *actor,
                                     const char *name, enum role role, const char *reason_code,
                                     struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_PEOPLE_SUSPEND, err);
    if (status == OV_OK)
        status = check_reason(reason_code, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = revoke(service, actor, name, role, reason_code, err);
    return act_end(service, status, err);
}

/* --- seeing --- */

enum ov_status service_person_each(struct service *service, const struct actor *actor,
                                   const struct store_page *page,
                                   enum ov_status (*on_row)(void *ctx, const struct person_row *),
                                   void *ctx, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_PEOPLE_SEE, err);
    return status != OV_OK ? status : store_person_each(service->store, page, on_row, ctx, err);
}

enum ov_status
service_people_decision_each(struct service *service, const struct actor *actor, bool with_decided,
                             const struct store_page *page,
                             enum ov_status (*on_row)(void *ctx, const struct people_decision *),
                             void *ctx, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_PEOPLE_SEE, err);
    if (status != OV_OK)
        return status;
    return store_people_decision_each(service->store, with_decided, page, on_row, ctx, err);
}
