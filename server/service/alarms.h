/*
 * Alarms: what goes wrong and needs somebody to look. They stay open, in "overtctl status" and in
 * GET /v1/alarms, until a person clears them or their cause ends.
 */
#ifndef OVERT_SERVER_SERVICE_ALARMS_H
#define OVERT_SERVER_SERVICE_ALARMS_H

#include "server/audit/event.h"
#include "server/store/alarms.h"

struct service;

/* What an alarm is about. Either id may be NULL. */
struct alarm_subject {
    const char *code; /* stable and dotted: "oversight.suspended" */
    const struct ov_id *deployment_id;
    const struct ov_id *object_id;
};

/*
 * Raises an alarm with its event and a log line. The same one (code, deployment, object) that is
 * open already stays as it is, and nothing is written. Within the transaction of an act when one is
 * open, so that the alarm comes with the act or not at all; else in one of its own.
 *
 * actor: whose act raised it (that person does not clear it), or act_server()'s.
 */
OV_CHECKED enum ov_status service_alarm_raise(struct service *service, const struct actor *actor,
                                              const struct alarm_subject *subject,
                                              struct ov_error *err);
/* The cause has ended: clears the alarm the server itself raised, if there is one. As above. */
OV_CHECKED enum ov_status service_alarm_end(struct service *service,
                                            const struct alarm_subject *subject,
                                            struct ov_error *err);
/* By a person who has looked: "alarm.unknown", "alarm.cleared", "alarm.same_person". */
OV_CHECKED enum ov_status service_alarm_clear(struct service *service, const struct actor *actor,
                                              const struct ov_id *id, struct alarm_row *ret,
                                              struct ov_error *err);

/* Newest first. */
OV_CHECKED enum ov_status service_alarm_each(struct service *service, const struct actor *actor,
                                             bool with_cleared, const struct store_page *page,
                                             enum ov_status (*on_row)(void *ctx,
                                                                      const struct alarm_row *),
                                             void *ctx, struct ov_error *err);

#endif
