/* Who somebody is, and which sites there are. */
#include "server/service/people.h"

#include <stdio.h>
#include <string.h>

#include "server/service/act.h"
#include "server/service/check.h"
#include "server/service/permissions.h"

enum ov_status service_identify(struct service *service, const char *uri, const char *serial,
                                struct actor *ret_actor, struct ov_error *err)
{
    struct actor actor = {.is_server = false};
    struct ov_error inner = OV_ERROR_INIT;
    enum ov_status status =
        store_principal_by_identity(service->store, uri, &actor.principal, &inner);
    if (status != OV_OK && status != OV_ERR_NOT_FOUND)
        return ov_fail(err, inner.status, inner.code, "%s", inner.text);
    /* The same answer for both, so that nobody learns who was here once. */
    if (status == OV_ERR_NOT_FOUND || !actor.principal.active)
        return ov_fail(err, OV_ERR_DENIED, "identity.unknown",
                       "your certificate is valid, but nobody active is registered under its name; "
                       "ask an administrator");
    (void)snprintf(actor.serial, sizeof(actor.serial), "%s", serial);
    *ret_actor = actor;
    return OV_OK;
}

static enum ov_status insert_site(struct service *service, const struct actor *actor,
                                  const struct site *site, struct ov_error *err)
{
    struct principal principal = {
        .id = site->principal_id, .kind = PRINCIPAL_SITE, .active = true, .roles = ROLE_SITE};
    memcpy(principal.name, site->name, sizeof(principal.name));
    char uri[sizeof("overt://site/") + PRINCIPAL_NAME_SIZE];
    (void)snprintf(uri, sizeof(uri), "overt://site/%s", site->name);
    enum ov_status status = store_principal_add(service->store, &principal, uri, err);
    if (status == OV_OK)
        status = store_site_add(service->store, site, err);
    if (status != OV_OK)
        return status;

    struct audit_event *added = audit_event_new("principal.added", actor, site->added_at_us);
    audit_event_object(added, "principal", &principal.id);
    audit_event_code(added, "kind", "site");
    status = audit_event_write(service->store, added, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event = audit_event_new("site.added", actor, site->added_at_us);
    audit_event_object(event, "site", &site->id);
    audit_event_id(event, "principal_id", &principal.id);
    return audit_event_write(service->store, event, err);
}

enum ov_status service_site_add(struct service *service, const struct actor *actor,
                                const char *name, struct site *ret_site, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_SITE_ADD, err);
    if (status == OV_OK)
        status = check_identity_name(name, "site.name", err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;

    struct site site = {
        .id = ov_id_new(), .principal_id = ov_id_new(), .added_at_us = act_now_us(service)};
    (void)snprintf(site.name, sizeof(site.name), "%s", name);
    struct ov_error inner = OV_ERROR_INIT;
    status = insert_site(service, actor, &site, &inner);
    if (status == OV_ERR_EXISTS)
        status = ov_fail(err, OV_ERR_EXISTS, "site.exists",
                         "this site is known already and can be named in deployments; it need not "
                         "be added again");
    else if (status != OV_OK)
        status = ov_fail(err, inner.status, inner.code, "%s", inner.text);
    status = act_end(service, status, err);
    if (status == OV_OK)
        *ret_site = site;
    return status;
}

enum ov_status service_site_each(struct service *service, const struct actor *actor,
                                 enum ov_status (*on_site)(void *ctx, const struct site *site),
                                 void *ctx, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_SITE_SEE, err);
    return status != OV_OK ? status : store_site_each(service->store, on_site, ctx, err);
}

enum ov_status service_principal_name(struct service *service, const struct ov_id *id,
                                      char ret_name[PRINCIPAL_NAME_SIZE], struct ov_error *err)
{
    struct principal principal;
    enum ov_status status = store_principal_by_id(service->store, id, &principal, err);
    if (status == OV_OK)
        memcpy(ret_name, principal.name, PRINCIPAL_NAME_SIZE);
    return status;
}

enum ov_status service_site_page(struct service *service, const struct actor *actor,
                                 const struct store_page *page,
                                 enum ov_status (*on_site)(void *ctx, const struct site *site),
                                 void *ctx, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_SITE_SEE, err);
    return status != OV_OK ? status : store_site_page(service->store, page, on_site, ctx, err);
}
