/* Watchlists: withdrawing entries and reading the list. Adding and approving have their own files.
 */
#include "server/service/watchlist.h"

#include <stdlib.h>
#include <string.h>

#include "server/service/act.h"
#include "server/service/check.h"
#include "server/service/permissions.h"
#include "server/service/watchlist_private.h"
#include "server/vault/vault.h"

/* Locks the deployment and checks that its list may change. */
enum ov_status watchlist_lock(struct service *service, const struct ov_id *deployment_id,
                              struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status =
        store_deployment_get(service->store, deployment_id, true, &deployment, err);
    return status != OV_OK ? status : check_list_open(&deployment, err);
}

enum ov_status watchlist_check_open(struct service *service, const struct ov_id *deployment_id,
                                    struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status =
        store_deployment_get(service->store, deployment_id, false, &deployment, err);
    return status != OV_OK ? status : check_list_open(&deployment, err);
}

void watchlist_forget_sealed(struct watchlist_entry *entry)
{
    entry->sealed_name = entry->sealed_reference = (struct store_bytes){NULL, 0};
    entry->sealed_justification = entry->sealed_birth_date = (struct store_bytes){NULL, 0};
}

static enum ov_status on_known_entry(void *ctx, const struct watchlist_entry *row)
{
    struct watchlist_entry *entry = ctx;
    *entry = *row;
    watchlist_forget_sealed(entry);
    return OV_OK;
}

enum ov_status watchlist_lock_entry(struct service *service, const struct ov_id *deployment_id,
                                    const struct ov_id *entry_id, struct watchlist_entry *ret,
                                    struct ov_error *err)
{
    struct ov_error inner = OV_ERROR_INIT;
    enum ov_status status =
        store_entry_get(service->store, deployment_id, entry_id, true, on_known_entry, ret, &inner);
    if (status == OV_ERR_NOT_FOUND)
        return ov_fail(err, OV_ERR_NOT_FOUND, "entry.unknown",
                       "the watchlist has no such entry; list it to see which there are");
    return status == OV_OK ? OV_OK : ov_fail(err, inner.status, inner.code, "%s", inner.text);
}

/* --- withdrawing --- */

static enum ov_status withdraw(struct service *service, const struct actor *actor,
                               const struct ov_id *deployment_id, const struct ov_id *entry_id,
                               struct ov_error *err)
{
    int64_t now_us = act_now_us(service);
    struct watchlist_entry entry;
    enum ov_status status = watchlist_lock(service, deployment_id, err);
    if (status == OV_OK)
        status = watchlist_lock_entry(service, deployment_id, entry_id, &entry, err);
    if (status != OV_OK)
        return status;
    if (entry.state == ENTRY_WITHDRAWN || entry.state == ENTRY_EXPIRED)
        return ov_fail(err, OV_ERR_STATE, "entry.withdrawn",
                       "the entry has been withdrawn or has expired already; nothing is left to "
                       "do");
    status = store_entry_withdraw(service->store, deployment_id, entry_id, now_us, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event = audit_event_new("entry.withdrawn", actor, now_us);
    audit_event_deployment(event, deployment_id);
    audit_event_object(event, "entry", entry_id);
    audit_event_code(event, "was", entry_state_name(entry.state));
    status = audit_event_write(service->store, event, err);
    if (status == OV_OK)
        status = store_deployment_bump_gallery(service->store, deployment_id, err);
    return status;
}

enum ov_status service_watchlist_remove(struct service *service, const struct actor *actor,
                                        const struct ov_id *deployment_id,
                                        const struct ov_id *entry_id, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_WATCHLIST_REMOVE, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    return act_end(service, withdraw(service, actor, deployment_id, entry_id, err), err);
}

/* --- reading --- */

struct reading {
    struct vault_key *key;
    enum ov_status (*on_row)(void *ctx, const struct watchlist_view *);
    void *ctx;
    int64_t rows;
    struct ov_error *err;
};

/* A column that may be empty. */
static enum ov_status open_text(const struct vault_key *key, const char *column,
                                const struct ov_id *id, struct store_bytes sealed,
                                struct ov_secret *ret, struct ov_error *err)
{
    return sealed.data == NULL ? OV_OK
                               : vault_unseal(key, column, id, sealed.data, sealed.size, ret, err);
}

enum ov_status watchlist_view_open(const struct vault_key *key, const struct watchlist_entry *row,
                                   struct watchlist_view *ret, struct ov_error *err)
{
    *ret = (struct watchlist_view){.entry = *row};
    watchlist_forget_sealed(&ret->entry);
    enum ov_status status =
        open_text(key, "entry.name", &row->id, row->sealed_name, &ret->name, err);
    if (status == OV_OK)
        status = open_text(key, "entry.reference", &row->id, row->sealed_reference, &ret->reference,
                           err);
    if (status == OV_OK)
        status = open_text(key, "entry.justification", &row->id, row->sealed_justification,
                           &ret->justification, err);
    if (status == OV_OK)
        status = open_text(key, "entry.birth_date", &row->id, row->sealed_birth_date,
                           &ret->birth_date, err);
    if (status != OV_OK)
        watchlist_view_done(ret);
    return status;
}

void watchlist_view_done(struct watchlist_view *view)
{
    ov_secret_free(&view->name);
    ov_secret_free(&view->reference);
    ov_secret_free(&view->justification);
    ov_secret_free(&view->birth_date);
}

static enum ov_status on_listed(void *ctx, const struct watchlist_entry *row)
{
    struct reading *reading = ctx;
    struct watchlist_view view;
    enum ov_status status = watchlist_view_open(reading->key, row, &view, reading->err);
    if (status != OV_OK)
        return status;
    reading->rows++;
    status = reading->on_row(reading->ctx, &view);
    watchlist_view_done(&view);
    return status;
}

/* Reading names is an act as well: nobody reads them without leaving a trace. */
static enum ov_status write_viewed(struct service *service, const struct actor *actor,
                                   const struct ov_id *deployment_id, int64_t rows,
                                   struct ov_error *err)
{
    struct audit_event *event = audit_event_new("watchlist.viewed", actor, act_now_us(service));
    audit_event_deployment(event, deployment_id);
    audit_event_object(event, "deployment", deployment_id);
    audit_event_int(event, "entries", rows);
    return audit_event_write(service->store, event, err);
}

static enum ov_status read_list(struct service *service, const struct ov_id *deployment_id,
                                const struct ov_id *after, int limit, struct reading *reading,
                                struct ov_error *err)
{
    enum ov_status status = watchlist_check_open(service, deployment_id, err);
    if (status == OV_OK)
        status = vault_key_load(service->vault, VAULT_WATCHLIST, deployment_id, &reading->key, err);
    if (status == OV_OK)
        status =
            store_entry_each(service->store, deployment_id, after, limit, on_listed, reading, err);
    vault_key_free(reading->key);
    return status;
}

enum ov_status
service_watchlist_each(struct service *service, const struct actor *actor,
                       const struct ov_id *deployment_id, const struct ov_id *after, int limit,
                       enum ov_status (*on_row)(void *ctx, const struct watchlist_view *),
                       void *ctx, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_WATCHLIST_SEE, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    struct reading reading = {.on_row = on_row, .ctx = ctx, .err = err};
    status = read_list(service, deployment_id, after, limit, &reading, err);
    if (status == OV_OK && reading.rows > 0)
        status = write_viewed(service, actor, deployment_id, reading.rows, err);
    return act_end(service, status, err);
}

enum ov_status service_watchlist_counts(struct service *service, const struct actor *actor,
                                        const struct ov_id *deployment_id,
                                        struct watchlist_counts *ret, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_SEE, err);
    return status != OV_OK ? status
                           : store_watchlist_counts(service->store, deployment_id, ret, err);
}
