/* Inside the audit: an event's body as bytes, for audit_event_write and the tests. */
#ifndef OVERT_SERVER_AUDIT_BODY_H
#define OVERT_SERVER_AUDIT_BODY_H

#include "common/base/bytes.h"
#include "server/audit/event.h"

/* The id that audit_event_new drew. A test may set another. */
struct ov_id *audit_event_id_of(struct audit_event *event);

/* Appends the canonical body. OV_ERR_INTERNAL "audit.bad_event" when a part of it was refused. */
OV_CHECKED enum ov_status audit_event_body(const struct audit_event *event, struct ov_buf *buf,
                                           struct ov_error *err);

#endif
