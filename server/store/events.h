/* Audit events as rows; server/audit builds them. */
#ifndef OVERT_SERVER_STORE_EVENTS_H
#define OVERT_SERVER_STORE_EVENTS_H

#include "server/store/store.h"

#define EVENT_BODY_MAX 65535u /* an entry of a transparency log's tile has a 16-bit length */

/*
 * Writes an event in the open transaction (OV_ERR_STATE "store.no_transaction" without one). The
 * database checks that body is JSON and carries this id. OV_ERR_EXISTS "audit.exists".
 */
OV_CHECKED enum ov_status store_event_write(struct store *store, const struct ov_id *id,
                                            const void *body, size_t size, struct ov_error *err);

#endif
