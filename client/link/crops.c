/* Crops: a small table without order. Link thread only. */
#include "client/link/crops.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

struct crop {
    uint64_t sequence; /* 0: free */
    struct ov_secret jpeg;
    int64_t taken_us;
    uint64_t ping; /* 0: not sent */
    bool alerted;
};

struct crops {
    struct crop table[CROPS_MAX];
    size_t count;
};

struct crops *crops_new(void)
{
    return calloc(1, sizeof(struct crops));
}

void crops_free(struct crops *crops)
{
    if (crops == NULL)
        return;
    crops_wipe(crops);
    free(crops);
}

static void forget(struct crops *crops, struct crop *crop)
{
    ov_secret_free(&crop->jpeg);
    memset(crop, 0, sizeof(*crop));
    crops->count--;
}

static struct crop *find(struct crops *crops, uint64_t sequence)
{
    for (size_t i = 0; i < CROPS_MAX && sequence != 0; i++) {
        if (crops->table[i].sequence == sequence)
            return &crops->table[i];
    }
    return NULL;
}

static struct crop *oldest_without_alert(struct crops *crops)
{
    struct crop *oldest = NULL;
    for (size_t i = 0; i < CROPS_MAX; i++) {
        struct crop *crop = &crops->table[i];
        if (crop->sequence != 0 && !crop->alerted &&
            (oldest == NULL || crop->sequence < oldest->sequence))
            oldest = crop;
    }
    return oldest;
}

static struct crop *free_place(struct crops *crops)
{
    if (crops->count == CROPS_MAX) {
        struct crop *oldest = oldest_without_alert(crops);
        if (oldest == NULL)
            return NULL;
        forget(crops, oldest);
        return oldest;
    }
    for (size_t i = 0; i < CROPS_MAX; i++) {
        if (crops->table[i].sequence == 0)
            return &crops->table[i];
    }
    return NULL;
}

void crops_put(struct crops *crops, uint64_t sequence, struct ov_secret *take_jpeg, int64_t now_us)
{
    if (take_jpeg->size == 0)
        return;
    struct crop *crop = free_place(crops);
    if (crop == NULL) {
        ov_secret_free(take_jpeg);
        return;
    }
    crop->sequence = sequence;
    crop->jpeg = ov_secret_take(take_jpeg);
    crop->taken_us = now_us;
    crops->count++;
}

void crops_alerted(struct crops *crops, uint64_t sequence)
{
    struct crop *crop = find(crops, sequence);
    if (crop != NULL)
        crop->alerted = true;
}

void crops_compared(struct crops *crops, uint64_t sequence)
{
    struct crop *crop = find(crops, sequence);
    if (crop != NULL && !crop->alerted)
        forget(crops, crop);
}

const struct ov_secret *crops_get(const struct crops *crops, uint64_t sequence)
{
    for (size_t i = 0; i < CROPS_MAX && sequence != 0; i++) {
        if (crops->table[i].sequence == sequence)
            return &crops->table[i].jpeg;
    }
    return NULL;
}

void crops_sent(struct crops *crops, uint64_t sequence, uint64_t ping)
{
    struct crop *crop = find(crops, sequence);
    if (crop != NULL)
        crop->ping = ping;
}

void crops_answered(struct crops *crops, uint64_t ping)
{
    for (size_t i = 0; i < CROPS_MAX; i++) {
        struct crop *crop = &crops->table[i];
        if (crop->sequence != 0 && crop->ping != 0 && crop->ping <= ping)
            forget(crops, crop);
    }
}

void crops_disconnected(struct crops *crops)
{
    for (size_t i = 0; i < CROPS_MAX; i++)
        crops->table[i].ping = 0;
}

void crops_expire(struct crops *crops, int64_t now_us)
{
    for (size_t i = 0; i < CROPS_MAX; i++) {
        struct crop *crop = &crops->table[i];
        int64_t limit_us = crop->alerted ? CROP_AGE_ALERTED_US : CROP_AGE_US;
        if (crop->sequence != 0 && now_us - crop->taken_us >= limit_us)
            forget(crops, crop);
    }
}

void crops_wipe(struct crops *crops)
{
    for (size_t i = 0; i < CROPS_MAX; i++) {
        if (crops->table[i].sequence != 0)
            forget(crops, &crops->table[i]);
    }
}

size_t crops_length(const struct crops *crops)
{
    return crops->count;
}

size_t crops_undelivered(const struct crops *crops)
{
    size_t waiting = 0;
    for (size_t i = 0; i < CROPS_MAX; i++)
        waiting += crops->table[i].sequence != 0 && crops->table[i].alerted;
    return waiting;
}
