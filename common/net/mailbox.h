/*
 * How another thread hands a message to a libevent loop: a bounded queue and a wake-up.
 */
#ifndef OVERT_COMMON_NET_MAILBOX_H
#define OVERT_COMMON_NET_MAILBOX_H

#include <event2/event.h>

#include "common/base/status.h"

struct ov_mailbox;

/* on_message runs on the loop's thread and owns the message; free_message is for those that are
 * left when the mailbox is freed. */
OV_CHECKED enum ov_status ov_mailbox_new(struct event_base *base, size_t capacity,
                                         void (*on_message)(void *ctx, void *message),
                                         void (*free_message)(void *message), void *ctx,
                                         struct ov_mailbox **ret_mailbox);

/* Any thread. Waits up to timeout_ms for room; on failure the caller keeps the message. From the
 * loop's own thread only with timeout 0: nobody else makes room. */
OV_CHECKED enum ov_status ov_mailbox_post(struct ov_mailbox *mailbox, void *message,
                                          int timeout_ms);

/* On the loop's thread, after every poster has stopped. Takes NULL. */
void ov_mailbox_free(struct ov_mailbox *mailbox);

#endif
