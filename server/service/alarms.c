/* Alarms: raised with the act or by the keeper, cleared by another person or by their cause's end.
 */
#include "server/service/alarms.h"

#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "server/service/act.h"
#include "server/service/permissions.h"

static enum ov_status write_event(struct service *service, const char *name,
                                  const struct actor *actor, const struct alarm_row *alarm,
                                  int64_t at_us, struct ov_error *err)
{
    struct audit_event *event = audit_event_new(name, actor, at_us);
    audit_event_object(event, "alarm", &alarm->id);
    audit_event_code(event, "code", alarm->code);
    if (!ov_id_is_zero(&alarm->deployment_id))
        audit_event_deployment(event, &alarm->deployment_id);
    if (!ov_id_is_zero(&alarm->object_id))
        audit_event_id(event, "about", &alarm->object_id);
    return audit_event_write(service->store, event, err);
}

/* A transaction for alarms that are no part of an act; ret_own tells act_end's caller. */
static enum ov_status begin(struct service *service, bool *ret_own, struct ov_error *err)
{
    *ret_own = !store_in_transaction(service->store);
    return *ret_own ? act_begin(service, err) : OV_OK;
}

static enum ov_status end(struct service *service, bool own, enum ov_status status,
                          struct ov_error *err)
{
    return own ? act_end(service, status, err) : status;
}

static void log_alarm(const char *event, const struct alarm_row *alarm)
{
    char id[OV_ID_TEXT_SIZE];
    char deployment[OV_ID_TEXT_SIZE] = "-";
    char object[OV_ID_TEXT_SIZE] = "-";
    if (!ov_id_is_zero(&alarm->deployment_id))
        (void)ov_id_format(&alarm->deployment_id, deployment);
    if (!ov_id_is_zero(&alarm->object_id))
        (void)ov_id_format(&alarm->object_id, object);
    ov_log(OV_LOG_ERROR, "alarm", event, "alarm=%s code=%s deployment=%s about=%s",
           ov_id_format(&alarm->id, id), alarm->code, deployment, object);
}

enum ov_status service_alarm_raise(struct service *service, const struct actor *actor,
                                   const struct alarm_subject *subject, struct ov_error *err)
{
    struct alarm_row alarm = {.id = ov_id_new(), .raised_at_us = act_now_us(service)};
    bool own = false;
    bool new = false;
    (void)snprintf(alarm.code, sizeof(alarm.code), "%s", subject->code);
    if (!actor->is_server)
        alarm.raised_by = actor->principal.id;
    if (subject->deployment_id != NULL)
        alarm.deployment_id = *subject->deployment_id;
    if (subject->object_id != NULL)
        alarm.object_id = *subject->object_id;

    enum ov_status status = begin(service, &own, err);
    if (status != OV_OK)
        return status;
    status = store_alarm_raise(service->store, &alarm, &new, err);
    if (status == OV_OK && new)
        status = write_event(service, "alarm.raised", actor, &alarm, alarm.raised_at_us, err);
    status = end(service, own, status, err);
    if (status == OV_OK && new)
        log_alarm("raised", &alarm);
    return status;
}

enum ov_status service_alarm_end(struct service *service, const struct alarm_subject *subject,
                                 struct ov_error *err)
{
    static const struct ov_id none;
    struct ov_error inner = OV_ERROR_INIT;
    struct alarm_row alarm;
    bool own = false;
    enum ov_status status = begin(service, &own, err);
    if (status != OV_OK)
        return status;
    status =
        store_alarm_find(service->store, subject->code,
                         subject->deployment_id != NULL ? subject->deployment_id : &none,
                         subject->object_id != NULL ? subject->object_id : &none, &alarm, &inner);
    if (status == OV_ERR_NOT_FOUND)
        return end(service, own, OV_OK, err);
    int64_t now_us = act_now_us(service);
    if (status != OV_OK)
        status = ov_fail(err, inner.status, inner.code, "%s", inner.text);
    if (status == OV_OK)
        status = store_alarm_clear(service->store, &alarm.id, NULL, now_us, err);
    if (status == OV_OK)
        status = write_event(service, "alarm.cleared", act_server(), &alarm, now_us, err);
    return end(service, own, status, err);
}

static enum ov_status clear(struct service *service, const struct actor *actor,
                            struct alarm_row *alarm, struct ov_error *err)
{
    int64_t now_us = act_now_us(service);
    enum ov_status status =
        store_alarm_clear(service->store, &alarm->id, &actor->principal.id, now_us, err);
    if (status == OV_OK)
        status = store_alarm_get(service->store, &alarm->id, alarm, err);
    if (status == OV_OK)
        status = write_event(service, "alarm.cleared", actor, alarm, now_us, err);
    return status;
}

enum ov_status service_alarm_clear(struct service *service, const struct actor *actor,
                                   const struct ov_id *id, struct alarm_row *ret,
                                   struct ov_error *err)
{
    struct alarm_row alarm = {.id = *id};
    enum ov_status status = check_permission(actor, ACTION_ALARM_CLEAR, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = clear(service, actor, &alarm, err);
    status = act_end(service, status, err);
    if (status == OV_OK)
        *ret = alarm;
    return status;
}

enum ov_status service_alarm_each(struct service *service, const struct actor *actor,
                                  bool with_cleared, const struct store_page *page,
                                  enum ov_status (*on_row)(void *ctx, const struct alarm_row *),
                                  void *ctx, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_ALARM_SEE, err);
    if (status != OV_OK)
        return status;
    return store_alarm_each(service->store, with_cleared, page, on_row, ctx, err);
}
