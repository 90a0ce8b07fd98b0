/* Going through what is due. */
#include <stdlib.h>

#include "common/base/log.h"
#include "server/service/act.h"
#include "server/service/alarms.h"
#include "server/service/erasure.h"
#include "server/service/erasure_private.h"

struct due_list {
    struct erasure_due *rows;
    size_t count;
    size_t capacity;
};

static enum ov_status add_due(void *ctx, const struct erasure_due *due)
{
    struct due_list *list = ctx;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 16;
        struct erasure_due *rows = realloc(list->rows, capacity * sizeof(*rows));
        if (rows == NULL)
            return OV_ERR_NOMEM;
        list->rows = rows;
        list->capacity = capacity;
    }
    list->rows[list->count++] = *due;
    return OV_OK;
}

enum ov_status erasure_end_alarm(struct service *service, const char *code,
                                 const struct ov_id *deployment_id, struct ov_error *err)
{
    struct alarm_subject subject = {.code = code, .deployment_id = deployment_id};
    return service_alarm_end(service, &subject, err);
}

/* The alarm says that it could not be done; why is in the log. */
static void tell_failure(struct service *service, const struct erasure_kind *kind,
                         const struct erasure_due *due, const struct ov_error *why)
{
    char id[OV_ID_TEXT_SIZE];
    struct ov_error err = OV_ERROR_INIT;
    struct alarm_subject subject = {.code = kind->alarm, .deployment_id = &due->deployment_id};
    ov_log(OV_LOG_WARNING, "erasure", "not_erased", "what=%s deployment=%s overdue_s=%lld code=%s",
           kind->name, ov_id_format(&due->deployment_id, id), (long long)due->overdue_s, why->code);
    if (due->overdue_s >= ERASURE_ALARM_AFTER_S &&
        service_alarm_raise(service, act_server(), &subject, &err) != OV_OK)
        ov_log_error(OV_LOG_ERROR, "erasure", "alarm_not_raised", &err);
}

static enum ov_status run_one(struct service *service, const struct erasure_kind *kind,
                              const struct erasure_due *due, struct ov_error *err)
{
    enum ov_status status = kind->erase(service, due, err);
    store_rollback(service->store);
    if (status != OV_OK) {
        tell_failure(service, kind, due, err);
        return status;
    }
    return erasure_end_alarm(service, kind->alarm, &due->deployment_id, err);
}

enum ov_status erasure_run_due(struct service *service, const struct erasure_kind *kind,
                               struct ov_error *err)
{
    struct due_list list = {.count = 0};
    enum ov_status status = kind->each_due(service->store, add_due, &list, err);
    if (status == OV_ERR_NOMEM)
        status = ov_fail(err, status, "memory", "out of memory");
    for (size_t i = 0; i < list.count; i++) {
        struct ov_error one = OV_ERROR_INIT;
        enum ov_status outcome = run_one(service, kind, &list.rows[i], &one);
        if (outcome != OV_OK && status == OV_OK)
            status = ov_fail(err, outcome, one.code, "%s", one.text);
    }
    free(list.rows);
    return status;
}
