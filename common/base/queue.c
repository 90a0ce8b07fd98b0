/* Bounded ring with one mutex and two conditions on the monotonic clock. */
#include "common/base/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct ov_queue {
    pthread_mutex_t lock;
    pthread_cond_t not_empty;
    pthread_cond_t not_full;
    size_t capacity;
    size_t head; /* index of the oldest message */
    size_t length;
    size_t urgent; /* so many of the oldest were pushed as urgent */
    bool closed;
    void *items[];
};

static int cond_init_monotonic(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0)
        return -1;
    int rc = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    if (rc == 0)
        rc = pthread_cond_init(cond, &attr);
    (void)pthread_condattr_destroy(&attr);
    return rc;
}

struct ov_queue *ov_queue_new(size_t capacity)
{
    if (capacity == 0 || capacity > (size_t)1 << 24)
        return NULL;
    struct ov_queue *queue = calloc(1, sizeof(*queue) + capacity * sizeof(void *));
    if (queue == NULL)
        return NULL;
    queue->capacity = capacity;
    if (pthread_mutex_init(&queue->lock, NULL) != 0 ||
        cond_init_monotonic(&queue->not_empty) != 0 || cond_init_monotonic(&queue->not_full) != 0) {
        free(queue);
        return NULL;
    }
    return queue;
}

void ov_queue_free(struct ov_queue *queue, void (*free_item)(void *item))
{
    if (queue == NULL)
        return;
    for (size_t i = 0; i < queue->length && free_item != NULL; i++)
        free_item(queue->items[(queue->head + i) % queue->capacity]);
    (void)pthread_cond_destroy(&queue->not_empty);
    (void)pthread_cond_destroy(&queue->not_full);
    (void)pthread_mutex_destroy(&queue->lock);
    free(queue);
}

static struct timespec deadline_after(int timeout_ms)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += timeout_ms / 1000;
    at.tv_nsec += (long)(timeout_ms % 1000) * 1000000L;
    if (at.tv_nsec >= 1000000000L) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000L;
    }
    return at;
}

/* Caller holds the lock; returns false when the time is up. */
static bool wait_on(struct ov_queue *queue, pthread_cond_t *cond, int timeout_ms,
                    const struct timespec *deadline)
{
    if (timeout_ms == 0)
        return false;
    if (timeout_ms < 0)
        return pthread_cond_wait(cond, &queue->lock) == 0;
    return pthread_cond_timedwait(cond, &queue->lock, deadline) != ETIMEDOUT;
}

/* Caller holds the lock; there is room. */
static void put(struct ov_queue *queue, void *item)
{
    queue->items[(queue->head + queue->length) % queue->capacity] = item;
    queue->length++;
}

/* The same. The urgent ones, few at most times, move up by one. */
static void put_urgent(struct ov_queue *queue, void *item)
{
    queue->head = (queue->head + queue->capacity - 1) % queue->capacity;
    for (size_t i = 0; i < queue->urgent; i++)
        queue->items[(queue->head + i) % queue->capacity] =
            queue->items[(queue->head + i + 1) % queue->capacity];
    queue->items[(queue->head + queue->urgent) % queue->capacity] = item;
    queue->urgent++;
    queue->length++;
}

static enum ov_status push(struct ov_queue *queue, void *item, bool urgent, int timeout_ms)
{
    struct timespec deadline = deadline_after(timeout_ms > 0 ? timeout_ms : 0);
    enum ov_status status = OV_OK;
    (void)pthread_mutex_lock(&queue->lock);
    while (!queue->closed && queue->length == queue->capacity) {
        if (!wait_on(queue, &queue->not_full, timeout_ms, &deadline))
            break;
    }
    if (queue->closed) {
        status = OV_ERR_CLOSED;
    } else if (queue->length == queue->capacity) {
        status = OV_ERR_LIMIT;
    } else {
        if (urgent)
            put_urgent(queue, item);
        else
            put(queue, item);
        (void)pthread_cond_signal(&queue->not_empty);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return status;
}

enum ov_status ov_queue_push(struct ov_queue *queue, void *item, int timeout_ms)
{
    return push(queue, item, false, timeout_ms);
}

enum ov_status ov_queue_push_urgent(struct ov_queue *queue, void *item, int timeout_ms)
{
    return push(queue, item, true, timeout_ms);
}

enum ov_status ov_queue_pop_many(struct ov_queue *queue, int timeout_ms, size_t max,
                                 void **ret_items, size_t *ret_count)
{
    struct timespec deadline = deadline_after(timeout_ms > 0 ? timeout_ms : 0);
    enum ov_status status = OV_OK;
    size_t count = 0;
    (void)pthread_mutex_lock(&queue->lock);
    while (!queue->closed && queue->length == 0) {
        if (!wait_on(queue, &queue->not_empty, timeout_ms, &deadline))
            break;
    }
    if (queue->length == 0)
        status = queue->closed ? OV_ERR_CLOSED : OV_ERR_TIMEOUT;
    while (count < max && queue->length > 0) {
        ret_items[count++] = queue->items[queue->head];
        queue->head = (queue->head + 1) % queue->capacity;
        queue->length--;
        queue->urgent -= queue->urgent > 0;
    }
    if (count > 0)
        (void)pthread_cond_broadcast(&queue->not_full);
    (void)pthread_mutex_unlock(&queue->lock);
    *ret_count = count;
    return status;
}

enum ov_status ov_queue_pop(struct ov_queue *queue, int timeout_ms, void **ret_item)
{
    size_t count = 0;
    return ov_queue_pop_many(queue, timeout_ms, 1, ret_item, &count);
}

void ov_queue_close(struct ov_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    (void)pthread_cond_broadcast(&queue->not_empty);
    (void)pthread_cond_broadcast(&queue->not_full);
    (void)pthread_mutex_unlock(&queue->lock);
}

size_t ov_queue_length(struct ov_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    size_t length = queue->length;
    (void)pthread_mutex_unlock(&queue->lock);
    return length;
}
