/* Audit events as rows. */
#include "server/store/events.h"

#include "server/store/statement.h"

enum ov_status store_event_write(struct store *store, const struct ov_id *id, const void *body,
                                 size_t size, struct ov_error *err)
{
    enum ov_status status = statement_need_transaction(store, err);
    if (status != OV_OK)
        return status;
    if (size > EVENT_BODY_MAX)
        return ov_fail(err, OV_ERR_LIMIT, "audit.body", "the event's body is too large");
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    params_bytes(&params, body, size);
    return statement_run(store, STATEMENT_EVENT_WRITE, &params, NULL, err);
}
