/*
 * The rules: who may do what to a deployment, a watchlist or an alert, and what is recorded of it.
 *
 * Every act checks the caller's role (permissions.h), the input (check_*), the state, then does the
 * act and its audit event in one transaction. Nothing here knows SQL, sockets or JSON. A service
 * belongs to one worker thread; calls block. The acts are in people.h, deployments.h, watchlist.h
 * and alerts.h.
 */
#ifndef OVERT_SERVER_SERVICE_SERVICE_H
#define OVERT_SERVER_SERVICE_SERVICE_H

struct store;
struct vault;
struct ov_face_engine;
struct ov_clock;
struct once;

/* What the rules work with; all borrowed, and this thread's own (store, faces) or shared and
 * thread-safe (vault, clock). */
struct service {
    struct store *store;
    struct vault *vault;
    struct ov_face_engine *faces; /* NULL where nothing is embedded */
    const struct ov_clock *clock;
    const char *ledger_key; /* path of the membership ledger's key; NULL where none is needed */
    struct once *once;      /* the request under way, when it is one that is done once; else NULL */
};

#endif
