/*
 * A bounded queue of owned messages between threads: the only way in which threads meet.
 *
 * Any number of producers and consumers. A message belongs to the queue from a successful push to
 * the pop that returns it. Closing wakes everyone: pushes fail, pops drain what is left and then
 * report OV_ERR_CLOSED.
 */
#ifndef OVERT_COMMON_BASE_QUEUE_H
#define OVERT_COMMON_BASE_QUEUE_H

#include <stddef.h>

#include "common/base/status.h"

struct ov_queue;

#define OV_WAIT_FOREVER (-1)

/* NULL when memory is out. */
struct ov_queue *ov_queue_new(size_t capacity);
/* Frees the queue; free_item (may be NULL) is called for each message left in it. Takes NULL. */
void ov_queue_free(struct ov_queue *queue, void (*free_item)(void *item));

/* Waits up to timeout_ms for room. On failure (OV_ERR_LIMIT full, OV_ERR_CLOSED) the caller keeps
 * the item. */
OV_CHECKED enum ov_status ov_queue_push(struct ov_queue *queue, void *item, int timeout_ms);

/* The same, but goes before everything that is not urgent, and after what is. */
OV_CHECKED enum ov_status ov_queue_push_urgent(struct ov_queue *queue, void *item, int timeout_ms);

/* Waits up to timeout_ms for a message: OV_ERR_TIMEOUT when none came, OV_ERR_CLOSED at the end. */
OV_CHECKED enum ov_status ov_queue_pop(struct ov_queue *queue, int timeout_ms, void **ret_item);

/* Waits like ov_queue_pop for the first message, then takes up to max without waiting further. */
OV_CHECKED enum ov_status ov_queue_pop_many(struct ov_queue *queue, int timeout_ms, size_t max,
                                            void **ret_items, size_t *ret_count);

void ov_queue_close(struct ov_queue *queue);
size_t ov_queue_length(struct ov_queue *queue);

#endif
