/* The outbox: an array in the order of sequences. Link thread only. */
#include "client/link/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

struct item {
    struct ov_probe probe;
    int64_t added_us;
    uint64_t batch; /* 0: waits to be sent */
    bool was_sent;  /* in this session or an earlier one */
};

struct outbox {
    struct item *items[OUTBOX_MAX];
    size_t count;
};

struct outbox *outbox_new(void)
{
    return calloc(1, sizeof(struct outbox));
}

static void item_free(struct item *item)
{
    ov_secret_free(&item->probe.descriptor);
    free(item);
}

void outbox_free(struct outbox *outbox)
{
    if (outbox == NULL)
        return;
    (void)outbox_wipe(outbox);
    free(outbox);
}

enum ov_status outbox_add(struct outbox *outbox, struct ov_probe *probe, int64_t now_us)
{
    if (outbox->count == OUTBOX_MAX)
        return OV_ERR_LIMIT;
    struct item *item = calloc(1, sizeof(*item));
    if (item == NULL)
        return OV_ERR_NOMEM;
    item->probe = *probe;
    item->probe.descriptor = ov_secret_take(&probe->descriptor);
    item->added_us = now_us;
    outbox->items[outbox->count++] = item;
    return OV_OK;
}

size_t outbox_in_flight(const struct outbox *outbox)
{
    size_t in_flight = 0;
    for (size_t i = 0; i < outbox->count; i++)
        in_flight += outbox->items[i]->batch != 0;
    return in_flight;
}

/* Whether sending now is better than waiting for more. */
static bool is_worth_sending(const struct outbox *outbox, size_t waiting, int64_t now_us)
{
    if (waiting >= OUTBOX_BATCH_MAX)
        return true;
    for (size_t i = 0; i < outbox->count; i++) {
        if (outbox->items[i]->batch == 0)
            return now_us - outbox->items[i]->added_us >= OUTBOX_LINGER_US;
    }
    return false;
}

size_t outbox_next_batch(struct outbox *outbox, uint64_t batch, uint32_t credit, int64_t now_us,
                         struct ov_probe *ret_probes, size_t *ret_new)
{
    size_t in_flight = outbox_in_flight(outbox);
    size_t waiting = outbox->count - in_flight;
    size_t room = credit > in_flight ? credit - in_flight : 0;
    if (room > OUTBOX_BATCH_MAX)
        room = OUTBOX_BATCH_MAX;
    *ret_new = 0;
    if (room == 0 || !is_worth_sending(outbox, waiting, now_us))
        return 0;
    size_t count = 0;
    for (size_t i = 0; i < outbox->count && count < room; i++) {
        struct item *item = outbox->items[i];
        if (item->batch != 0)
            continue;
        *ret_new += !item->was_sent;
        item->batch = batch;
        item->was_sent = true;
        ret_probes[count++] = item->probe;
    }
    return count;
}

/* Closes the gaps left by items that were freed and set to NULL. */
static void compact(struct outbox *outbox)
{
    size_t kept = 0;
    for (size_t i = 0; i < outbox->count; i++) {
        if (outbox->items[i] != NULL)
            outbox->items[kept++] = outbox->items[i];
    }
    for (size_t i = kept; i < outbox->count; i++)
        outbox->items[i] = NULL;
    outbox->count = kept;
}

size_t outbox_ack(struct outbox *outbox, uint64_t batch,
                  void (*on_gone)(void *ctx, uint64_t sequence), void *ctx)
{
    size_t gone = 0;
    for (size_t i = 0; i < outbox->count; i++) {
        struct item *item = outbox->items[i];
        if (item->batch != batch || batch == 0)
            continue;
        on_gone(ctx, item->probe.sequence);
        item_free(item);
        outbox->items[i] = NULL;
        gone++;
    }
    compact(outbox);
    return gone;
}

void outbox_resend(struct outbox *outbox)
{
    for (size_t i = 0; i < outbox->count; i++)
        outbox->items[i]->batch = 0;
}

struct outbox_lost outbox_expire(struct outbox *outbox, int64_t now_us, int64_t max_age_us)
{
    struct outbox_lost lost = {0, 0};
    for (size_t i = 0; i < outbox->count; i++) {
        struct item *item = outbox->items[i];
        if (now_us - item->added_us <= max_age_us)
            continue;
        lost.unsent += !item->was_sent;
        lost.sent += item->was_sent;
        item_free(item);
        outbox->items[i] = NULL;
    }
    compact(outbox);
    return lost;
}

struct outbox_lost outbox_wipe(struct outbox *outbox)
{
    return outbox_expire(outbox, INT64_MAX / 2, 0);
}

size_t outbox_length(const struct outbox *outbox)
{
    return outbox->count;
}
