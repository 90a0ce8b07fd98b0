/* Waiting for PostgreSQL's notifications. They only wake: what is new is read from the tables. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "common/base/clock.h"
#include "server/store/alerts.h"
#include "server/store/session.h"
#include "server/store/statement.h"

enum ov_status store_listen(struct store *store, struct ov_error *err)
{
    enum ov_status status = statement_run(store, STATEMENT_LISTEN_ALERT, NULL, NULL, err);
    if (status == OV_OK)
        status = statement_run(store, STATEMENT_LISTEN_GALLERY, NULL, NULL, err);
    if (status == OV_OK)
        status = statement_run(store, STATEMENT_LISTEN_PEOPLE, NULL, NULL, err);
    return status;
}

/* Takes all that has arrived; several are one wake-up. */
static bool take_notifications(struct store *store)
{
    bool any = false;
    for (PGnotify *notify = PQnotifies(store->conn); notify != NULL;
         notify = PQnotifies(store->conn)) {
        any = true;
        PQfreemem(notify);
    }
    return any;
}

static enum ov_status lost(struct store *store, struct ov_error *err)
{
    store->suspect = true;
    return ov_fail(err, OV_ERR_UNAVAILABLE, "store.down", "the connection to the database broke");
}

enum ov_status store_wait(struct store *store, int timeout_ms, bool *ret_notified,
                          struct ov_error *err)
{
    enum ov_status status = session_check(store, err);
    if (status != OV_OK)
        return status;
    const struct ov_clock *clock = ov_clock_system();
    int64_t until_us = ov_clock_mono_us(clock) + timeout_ms * OV_US_PER_MS;
    for (;;) {
        if (PQconsumeInput(store->conn) != 1 || PQstatus(store->conn) != CONNECTION_OK)
            return lost(store, err);
        if (take_notifications(store)) {
            *ret_notified = true;
            return OV_OK;
        }
        int64_t left_us = until_us - ov_clock_mono_us(clock);
        if (left_us <= 0) {
            *ret_notified = false;
            return OV_OK;
        }
        struct pollfd waiting = {.fd = PQsocket(store->conn), .events = POLLIN};
        int left_ms = (int)((left_us + OV_US_PER_MS - 1) / OV_US_PER_MS);
        if (poll(&waiting, 1, left_ms) < 0 && errno != EINTR)
            return ov_fail(err, OV_ERR_IO, "store.poll", "cannot wait for the database: %s",
                           strerror(errno));
    }
}
