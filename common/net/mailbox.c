/*
 * A queue with an eventfd: posters write it, the loop reads it and drains the queue. The mailbox is
 * the loop thread's; only the queue and the eventfd are shared.
 */
#include "common/net/mailbox.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/queue.h"

/* Messages taken per wake-up, so that a busy mailbox does not starve the loop's sockets. */
#define BATCH_MAX 64

struct ov_mailbox {
    struct ov_queue *queue;
    int wake_fd;
    struct event *wake;
    void (*on_message)(void *ctx, void *message);
    void (*free_message)(void *message);
    void *ctx;
};

static void ring(int fd)
{
    uint64_t one = 1;
    /* Fails only when the counter is full, and then the loop is already due to wake. */
    ssize_t put = write(fd, &one, sizeof(one));
    (void)put;
}

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
    (void)what;
    struct ov_mailbox *mailbox = ctx;
    void *messages[BATCH_MAX];
    uint64_t rings = 0;
    size_t count = 0;
    ssize_t got =
        read((int)fd, &rings, sizeof(rings)); /* before the queue: a later ring wakes again */
    (void)got;
    if (ov_queue_pop_many(mailbox->queue, 0, BATCH_MAX, messages, &count) != OV_OK)
        return;
    for (size_t i = 0; i < count; i++)
        mailbox->on_message(mailbox->ctx, messages[i]);
    if (count == BATCH_MAX)
        ring(mailbox->wake_fd);
}

enum ov_status ov_mailbox_new(struct event_base *base, size_t capacity,
                              void (*on_message)(void *ctx, void *message),
                              void (*free_message)(void *message), void *ctx,
                              struct ov_mailbox **ret_mailbox)
{
    struct ov_mailbox *mailbox = calloc(1, sizeof(*mailbox));
    if (mailbox == NULL)
        return OV_ERR_NOMEM;
    mailbox->on_message = on_message;
    mailbox->free_message = free_message;
    mailbox->ctx = ctx;
    mailbox->queue = ov_queue_new(capacity);
    mailbox->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (mailbox->wake_fd >= 0)
        mailbox->wake = event_new(base, mailbox->wake_fd, EV_READ | EV_PERSIST, on_wake, mailbox);
    if (mailbox->queue == NULL || mailbox->wake == NULL || event_add(mailbox->wake, NULL) != 0) {
        ov_mailbox_free(mailbox);
        return OV_ERR_NOMEM;
    }
    *ret_mailbox = mailbox;
    return OV_OK;
}

enum ov_status ov_mailbox_post(struct ov_mailbox *mailbox, void *message, int timeout_ms)
{
    enum ov_status status = ov_queue_push(mailbox->queue, message, timeout_ms);
    if (status == OV_OK)
        ring(mailbox->wake_fd);
    return status;
}

void ov_mailbox_free(struct ov_mailbox *mailbox)
{
    if (mailbox == NULL)
        return;
    if (mailbox->wake != NULL)
        event_free(mailbox->wake);
    if (mailbox->wake_fd >= 0)
        (void)close(mailbox->wake_fd);
    ov_queue_free(mailbox->queue, mailbox->free_message);
    free(mailbox);
}
