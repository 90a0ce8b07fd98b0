/* Alerts that have come: a ring, the oldest is forgotten first. */
#include "client/link/seen.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    struct ov_id id; /* zero: free */
    uint64_t sequence;
    bool shown;
};

struct seen {
    struct entry ring[SEEN_MAX];
    size_t next;
};

struct seen *seen_new(void)
{
    return calloc(1, sizeof(struct seen));
}

void seen_free(struct seen *seen)
{
    free(seen);
}

static struct entry *find(struct seen *seen, const struct ov_id *alert_id)
{
    for (size_t i = 0; i < SEEN_MAX; i++) {
        if (ov_id_equal(&seen->ring[i].id, alert_id))
            return &seen->ring[i];
    }
    return NULL;
}

enum seen_verdict seen_arrived(struct seen *seen, const struct ov_id *alert_id, uint64_t sequence)
{
    struct entry *entry = find(seen, alert_id);
    if (entry != NULL)
        return entry->shown ? SEEN_SHOWN : SEEN_WAITING;
    entry = &seen->ring[seen->next];
    seen->next = (seen->next + 1) % SEEN_MAX;
    entry->id = *alert_id;
    entry->sequence = sequence;
    entry->shown = false;
    return SEEN_NEW;
}

bool seen_shown(struct seen *seen, const struct ov_id *alert_id)
{
    struct entry *entry = find(seen, alert_id);
    if (entry == NULL)
        return false;
    entry->shown = true;
    return true;
}

void seen_forget(struct seen *seen, const struct ov_id *alert_id)
{
    struct entry *entry = find(seen, alert_id);
    if (entry != NULL)
        memset(entry, 0, sizeof(*entry));
}

bool seen_has_shown(const struct seen *seen, uint64_t sequence)
{
    for (size_t i = 0; i < SEEN_MAX && sequence != 0; i++) {
        if (seen->ring[i].sequence == sequence && seen->ring[i].shown)
            return true;
    }
    return false;
}

size_t seen_waiting(const struct seen *seen)
{
    size_t waiting = 0;
    for (size_t i = 0; i < SEEN_MAX; i++)
        waiting += !ov_id_is_zero(&seen->ring[i].id) && !seen->ring[i].shown;
    return waiting;
}
