/*
 * Inside the store: the connection itself. Seen only by the files that speak libpq (store.c,
 * statement.c, failure.c, listen.c).
 */
#ifndef OVERT_SERVER_STORE_SESSION_H
#define OVERT_SERVER_STORE_SESSION_H

#include <stdbool.h>

#include <libpq-fe.h>

#include "server/store/store.h"

struct store {
    PGconn *conn;    /* NULL when the last try to connect failed */
    char *conninfo;  /* as given to store_open; without a password */
    bool suspect;    /* the server said something after which only a new connection helps */
    bool streaming;  /* rows are being read one by one: nothing else may run meanwhile */
    bool not_synced; /* PostgreSQL warned that the last commit may not be replicated */
    /* An earlier commit may be missing on the standbys. A repetition that finds it done writes
     * nothing and would not wait for them, so the next success here has to (force_wait.sql). Kept
     * over reconnections. */
    bool owes_wait;
};

/* OV_OK when a statement can be sent now. */
OV_CHECKED enum ov_status session_check(const struct store *store, struct ov_error *err);
bool session_in_transaction(const struct store *store);

/*
 * What a failed result means, in our words. name: the statement, for the log. The one place where
 * libpq's errors are translated; marks the session suspect where that is called for.
 */
OV_CHECKED enum ov_status failure_translate(struct store *store, const PGresult *result,
                                            const char *name, struct ov_error *err);

/* When a wait is owed: makes the open transaction one that waits. */
OV_CHECKED enum ov_status session_pay_wait(struct store *store, struct ov_error *err);

#endif
