/* An array in order of age. */
#include "server/capture/wanted.h"

#include <string.h>

#include "common/base/clock.h"

static void remove_at(struct wanted *wanted, size_t at)
{
    wanted->count--;
    memmove(&wanted->items[at], &wanted->items[at + 1],
            (wanted->count - at) * sizeof(wanted->items[0]));
}

void wanted_remove(struct wanted *wanted, const struct ov_id *alert_id)
{
    for (size_t i = 0; i < wanted->count; i++) {
        if (ov_id_equal(&wanted->items[i].alert_id, alert_id)) {
            remove_at(wanted, i);
            return;
        }
    }
}

void wanted_add(struct wanted *wanted, const struct wanted_crop *crop)
{
    for (size_t i = 0; i < wanted->count; i++)
        if (ov_id_equal(&wanted->items[i].alert_id, &crop->alert_id))
            return;
    if (wanted->count == WANTED_MAX)
        remove_at(wanted, 0);
    wanted->items[wanted->count++] = *crop;
}

void wanted_expire(struct wanted *wanted, int64_t now_us)
{
    while (wanted->count > 0 && now_us - wanted->items[0].since_us > WANTED_FOR_US)
        remove_at(wanted, 0);
}
