/* Reading alerts, with the name and reference each one copied from its entry. */
#include "server/service/alerts.h"

#include <string.h>

#include "server/service/act.h"
#include "server/service/permissions.h"
#include "server/vault/vault.h"

struct reading {
    struct service *service;
    enum ov_status (*on_row)(void *ctx, const struct alert_view *);
    void *ctx;
    int64_t rows;
    int64_t first_feed;
    int64_t last_feed;
    struct ov_error *err;
};

/* An alert whose key is gone has been erased in all but its row: it is shown without a name. */
static enum ov_status open_names(struct reading *reading, const struct alert_row *row,
                                 struct alert_view *view)
{
    struct vault_key *key = NULL;
    struct ov_error inner = OV_ERROR_INIT;
    enum ov_status status =
        vault_key_load(reading->service->vault, VAULT_ALERT, &row->id, &key, &inner);
    if (status == OV_ERR_NOT_FOUND)
        return OV_OK;
    if (status != OV_OK)
        return ov_fail(reading->err, inner.status, inner.code, "%s", inner.text);
    status = vault_unseal(key, "alert.name", &row->id, row->sealed_name.data, row->sealed_name.size,
                          &view->name, reading->err);
    if (status == OV_OK)
        status = vault_unseal(key, "alert.reference", &row->id, row->sealed_reference.data,
                              row->sealed_reference.size, &view->reference, reading->err);
    vault_key_free(key);
    return status;
}

static enum ov_status on_alert(void *ctx, const struct alert_row *row)
{
    static const struct store_bytes none = {NULL, 0};
    struct reading *reading = ctx;
    struct alert_view view = {*row, OV_SECRET_INIT, OV_SECRET_INIT};
    view.row.sealed_name = view.row.sealed_reference = view.row.sealed_thumbnail = none;
    view.row.sealed_probe = view.row.sealed_crop = none;
    enum ov_status status = open_names(reading, row, &view);
    if (status == OV_OK) {
        if (reading->rows++ == 0)
            reading->first_feed = row->feed_number;
        reading->last_feed = row->feed_number;
        status = reading->on_row(reading->ctx, &view);
    }
    ov_secret_free(&view.name);
    ov_secret_free(&view.reference);
    return status;
}

static enum ov_status write_viewed(const struct reading *reading, const struct actor *actor,
                                   const struct ov_id *deployment_id, struct ov_error *err)
{
    struct audit_event *event =
        audit_event_new("alert.viewed", actor, act_now_us(reading->service));
    audit_event_deployment(event, deployment_id);
    audit_event_object(event, "deployment", deployment_id);
    audit_event_int(event, "alerts", reading->rows);
    audit_event_int(event, "first_feed", reading->first_feed);
    audit_event_int(event, "last_feed", reading->last_feed);
    return audit_event_write(reading->service->store, event, err);
}

enum ov_status service_alert_each(struct service *service, const struct actor *actor,
                                  const struct ov_id *deployment_id, int64_t after_feed, int limit,
                                  enum ov_status (*on_row)(void *ctx, const struct alert_view *),
                                  void *ctx, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_ALERT_SEE, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    struct reading reading = {.service = service, .on_row = on_row, .ctx = ctx, .err = err};
    struct deployment deployment;
    status = store_deployment_get(service->store, deployment_id, false, &deployment, err);
    if (status == OV_OK)
        status = store_alert_each(service->store, deployment_id, after_feed, limit, on_alert,
                                  &reading, err);
    /* A poll that brought nothing showed nothing. */
    if (status == OV_OK && reading.rows > 0)
        status = write_viewed(&reading, actor, deployment_id, err);
    return act_end(service, status, err);
}
