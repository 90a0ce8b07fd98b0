/*
 * The first two people of an installation. Runs once, by hand, on the server ("overtd bootstrap").
 * They are administrators and nothing else: whoever else there is, and whatever else these two may
 * do, the two of them decide together (people_decisions.h).
 */
#include "server/service/people.h"

#include <stdio.h>
#include <string.h>

#include "server/service/act.h"
#include "server/service/check.h"
#include "server/service/policy.h"

static enum ov_status add_person(struct service *service, const char *name, struct ov_id *ret_id,
                                 struct ov_error *err)
{
    struct principal person = {
        .id = ov_id_new(), .kind = PRINCIPAL_PERSON, .active = true, .roles = ROLE_ADMINISTRATOR};
    *ret_id = person.id;
    (void)snprintf(person.name, sizeof(person.name), "%s", name);
    char uri[sizeof("overt://person/") + PRINCIPAL_NAME_SIZE];
    (void)snprintf(uri, sizeof(uri), "overt://person/%s", name);
    enum ov_status status = store_principal_add(service->store, &person, uri, err);
    if (status != OV_OK)
        return status;

    struct audit_event *event =
        audit_event_new("principal.added", act_server(), act_now_us(service));
    audit_event_object(event, "principal", &person.id);
    audit_event_code(event, "kind", "person");
    audit_event_code(event, "reason", "bootstrap");
    audit_event_int(event, "role_administrator", 1);
    return audit_event_write(service->store, event, err);
}

enum ov_status service_bootstrap(struct service *service, const char *first_name,
                                 const char *second_name, struct ov_error *err)
{
    enum ov_status status = check_identity_name(first_name, "principal.name", err);
    if (status == OV_OK)
        status = check_identity_name(second_name, "principal.name", err);
    if (status != OV_OK)
        return status;
    if (strcmp(first_name, second_name) == 0)
        return ov_fail(err, OV_ERR_INVALID, "bootstrap.one_person",
                       "name two different people: nobody can authorise their own application");

    status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    int64_t count = 0;
    status = store_principal_count(service->store, &count, err);
    if (status == OV_OK && count > 0)
        status = ov_fail(err, OV_ERR_STATE, "bootstrap.done",
                         "there are principals already; bootstrap is for a new installation");
    struct ov_id first;
    struct ov_id second;
    if (status == OV_OK)
        status = add_person(service, first_name, &first, err);
    if (status == OV_OK)
        status = add_person(service, second_name, &second, err);
    if (status == OV_OK)
        status = service_policy_ship(service, &first, &second, err);
    return act_end(service, status, err);
}
