/* Destroying key files that nothing owns. */
#include "common/base/log.h"
#include "server/service/act.h"
#include "server/service/erasure.h"
#include "server/service/key_files.h"

struct sweep {
    struct service *service;
    enum vault_class class_id;
    int64_t now_us;
    int64_t destroyed;
    struct ov_error *err;
};

static bool is_old(const struct sweep *sweep, const struct vault_file *file)
{
    return sweep->now_us - file->changed_at_us > SWEEP_AFTER_S * OV_US_PER_S;
}

static enum ov_status on_file(void *ctx, const struct vault_file *file, enum key_file_kind kind)
{
    struct sweep *sweep = ctx;
    enum ov_status status = OV_OK;
    switch (kind) {
    case KEY_FILE_OWNED:
        return OV_OK;
    case KEY_FILE_PAST:
        status =
            vault_key_destroy(sweep->service->vault, sweep->class_id, &file->owner, sweep->err);
        break;
    case KEY_FILE_WITHOUT_OWNER:
        if (!is_old(sweep, file))
            return OV_OK;
        status =
            vault_key_destroy(sweep->service->vault, sweep->class_id, &file->owner, sweep->err);
        break;
    case KEY_FILE_STRANGE:
        if (!is_old(sweep, file))
            return OV_OK;
        status = vault_file_destroy(sweep->service->vault, sweep->class_id, file->name, sweep->err);
        break;
    }
    if (status == OV_OK)
        sweep->destroyed++;
    return status;
}

static enum ov_status record(const struct sweep *sweep, struct ov_error *err)
{
    struct audit_event *event = audit_event_new("erasure.keys_swept", act_server(), sweep->now_us);
    audit_event_code(event, "class", vault_class_name(sweep->class_id));
    audit_event_int(event, "files", sweep->destroyed);
    ov_log(OV_LOG_INFO, "erasure", "keys_swept", "class=%s files=%lld",
           vault_class_name(sweep->class_id), (long long)sweep->destroyed);
    return audit_event_write(sweep->service->store, event, err);
}

static enum ov_status sweep_class(struct service *service, enum vault_class class_id,
                                  struct ov_error *err)
{
    struct sweep sweep = {
        .service = service, .class_id = class_id, .now_us = act_now_us(service), .err = err};
    enum ov_status status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = key_files_each(service, class_id, on_file, &sweep, err);
    if (sweep.destroyed > 0) { /* on the record also when one of them could not be destroyed */
        struct ov_error other = OV_ERROR_INIT;
        enum ov_status recorded = record(&sweep, &other);
        recorded = act_end(service, recorded, &other);
        return status != OV_OK || recorded == OV_OK
                   ? status
                   : ov_fail(err, other.status, other.code, "%s", other.text);
    }
    return act_end(service, status, err);
}

enum ov_status service_sweep_keys(struct service *service, struct ov_error *err)
{
    enum ov_status lists = sweep_class(service, VAULT_WATCHLIST, err);
    enum ov_status alerts = sweep_class(service, VAULT_ALERT, err);
    return lists != OV_OK ? lists : alerts;
}
