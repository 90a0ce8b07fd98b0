/*
 * Which alerts have come and how far they are: the server delivers each at least once, people are
 * shown each once. The latest SEEN_MAX are remembered, across reconnects. Link thread only.
 */
#ifndef OVERT_CLIENT_LINK_SEEN_H
#define OVERT_CLIENT_LINK_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/id.h"

#define SEEN_MAX 4096

enum seen_verdict {
    SEEN_NEW,     /* to be shown */
    SEEN_WAITING, /* on its way to the screen: acknowledged once it has been shown */
    SEEN_SHOWN    /* shown before: acknowledge at once */
};

struct seen;

/* NULL when memory is out. */
struct seen *seen_new(void);
/* Takes NULL. */
void seen_free(struct seen *seen);

/* Notes that the alert has come. sequence: of our own run, 0 for another's. */
enum seen_verdict seen_arrived(struct seen *seen, const struct ov_id *alert_id, uint64_t sequence);
/* It has been shown. False for an id that is not (or no longer) known. */
bool seen_shown(struct seen *seen, const struct ov_id *alert_id);
/* It could not be shown after all: the next delivery counts as new. */
void seen_forget(struct seen *seen, const struct ov_id *alert_id);

/* Has an alert for this sequence of our run been shown? */
bool seen_has_shown(const struct seen *seen, uint64_t sequence);
/* Alerts that have come and are not shown yet. */
size_t seen_waiting(const struct seen *seen);

#endif
