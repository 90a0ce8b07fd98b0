/*
 * Looking for what should be gone: over the whole database and the vault's folder, independent of
 * what the erasures believe to have done. Reads only; reports codes and ids, never names.
 */
#ifndef OVERT_SERVER_SERVICE_ERASURE_CHECK_H
#define OVERT_SERVER_SERVICE_ERASURE_CHECK_H

#include "server/audit/event.h"

struct service;

/* Each can be looked at by itself, so that whoever waits sees how far it is. */
enum erasure_part {
    ERASURE_PART_LISTS,
    ERASURE_PART_ALERTS,
    ERASURE_PART_KEYS,
    ERASURE_PART_LEDGER
};
#define ERASURE_PARTS 4
const char *erasure_part_name(enum erasure_part part);

/*
 * What was found:
 *   list.overdue       a list is past its time
 *   list.tables_left   a table of a list that is erased, or that no deployment has
 *   list.not_certified a deployment is said to be erased and has no deletion certificate
 *   list.key_gone      rows of a list that nothing can open any more
 *   alert.overdue      an alert is past its time and not held
 *   alert.key_gone     an alert that nothing can open any more
 *   key.past           the key of a list that is erased, or whose key was said to be destroyed
 *   key.without_owner  a key that nothing owns, past the time after which such keys are swept
 *   key.strange        a file among the keys that is none; one that a write of ours left, likewise
 *   vault.strange      anything else in the vault's own folder
 *   vault.mode         a file or folder of the vault that others may read or change
 *   ledger.missing     a list is erased and the ledger does not hold the subjects it was said to
 */
struct erasure_leftover {
    const char *code; /* borrowed for the call */
    struct ov_id id;  /* the deployment or alert; of a key its owner; zero: none is known */
    int64_t since_us; /* since when it should be gone; 0: not known */
};

struct erasure_looked {
    int64_t things;    /* looked at */
    int64_t leftovers; /* found */
};

/* What became due in the last minutes is about to go and no leftover. */
#define ERASURE_GRACE_S INT64_C(300)

/* on_leftover NULL: only counted. */
OV_CHECKED enum ov_status
service_erasure_check(struct service *service, const struct actor *actor, enum erasure_part part,
                      enum ov_status (*on_leftover)(void *ctx, const struct erasure_leftover *),
                      void *ctx, struct erasure_looked *ret, struct ov_error *err);

#endif
