/*
 * Name resolution in a thread, connecting on the loop. The only thing the two share is a counted
 * lookup; whoever lets go of it last frees it, so giving up never waits for the resolver.
 */
#include "common/net/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long an address may stay silent while there is another one to try. */
#define NEXT_ADDRESS_MS 2000

struct lookup {
    atomic_int owners;
    char *host;
    char service[8];
    int done_fd; /* eventfd; rung after result and error are final */
    int error;   /* getaddrinfo's */
    struct addrinfo *result;
};

struct dial {
    struct event_base *base;
    struct lookup *lookup;
    const struct addrinfo *next; /* in the lookup's result */
    struct event *event;         /* first the lookup's end, then the socket's */
    int fd;
    int last_errno;
    dial_done_fn on_done;
    void *ctx;
};

static void lookup_release(struct lookup *lookup)
{
    if (lookup == NULL || atomic_fetch_sub(&lookup->owners, 1) != 1)
        return;
    if (lookup->result != NULL)
        freeaddrinfo(lookup->result);
    if (lookup->done_fd >= 0)
        (void)close(lookup->done_fd);
    free(lookup->host);
    free(lookup);
}

static void lookup_resolve(struct lookup *lookup, int flags)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    hints.ai_flags = AI_NUMERICSERV | flags;
    lookup->error = getaddrinfo(lookup->host, lookup->service, &hints, &lookup->result);
}

static void lookup_ring(struct lookup *lookup)
{
    uint64_t one = 1;
    ssize_t put = write(lookup->done_fd, &one, sizeof(one));
    (void)put; /* an empty eventfd always takes it */
}

static void *lookup_thread(void *arg)
{
    struct lookup *lookup = arg;
    lookup_resolve(lookup, 0);
    lookup_ring(lookup);
    lookup_release(lookup);
    return NULL;
}

static int start_thread(struct lookup *lookup)
{
    pthread_t thread;
    pthread_attr_t attr;
    sigset_t all;
    sigset_t before;
    if (pthread_attr_init(&attr) != 0)
        return -1;
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the program's threads */
    atomic_fetch_add(&lookup->owners, 1);
    int rc = pthread_create(&thread, &attr, lookup_thread, lookup);
    if (rc != 0)
        lookup_release(lookup);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attr);
    return rc;
}

static struct lookup *lookup_new(const char *host, int port)
{
    struct lookup *lookup = calloc(1, sizeof(*lookup));
    if (lookup == NULL)
        return NULL;
    atomic_init(&lookup->owners, 1);
    (void)snprintf(lookup->service, sizeof(lookup->service), "%d", port);
    lookup->host = strdup(host);
    lookup->done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (lookup->host == NULL || lookup->done_fd < 0) {
        lookup_release(lookup);
        return NULL;
    }
    return lookup;
}

/* A numeric address needs no thread. */
static int lookup_start(struct lookup *lookup)
{
    lookup_resolve(lookup, AI_NUMERICHOST);
    if (lookup->error != EAI_NONAME) {
        lookup_ring(lookup);
        return 0;
    }
    return start_thread(lookup);
}

/* The dial may be freed by its owner in here. */
static void finish(struct dial *dial, int fd, const struct ov_error *err)
{
    event_free(dial->event);
    dial->event = NULL;
    dial->fd = -1;
    dial->on_done(dial->ctx, fd, err);
}

static void fail(struct dial *dial)
{
    struct ov_error err = OV_ERROR_INIT;
    (void)ov_fail(&err, OV_ERR_UNAVAILABLE, "connect.failed", "cannot connect to %s port %s: %s",
                  dial->lookup->host, dial->lookup->service, strerror(dial->last_errno));
    finish(dial, -1, &err);
}

static void try_next(struct dial *dial);

static void on_socket(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    struct dial *dial = ctx;
    int error = ETIMEDOUT;
    socklen_t size = sizeof(error);
    if ((what & EV_WRITE) != 0 && getsockopt(dial->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    if (error == 0) {
        finish(dial, dial->fd, NULL);
        return;
    }
    dial->last_errno = error;
    (void)close(dial->fd);
    dial->fd = -1;
    try_next(dial);
}

/* True when the socket is connecting and its event is set. */
static bool try_address(struct dial *dial, const struct addrinfo *address)
{
    const struct timeval patience = {.tv_sec = NEXT_ADDRESS_MS / 1000};
    dial->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (dial->fd < 0) {
        dial->last_errno = errno;
        return false;
    }
    if (connect(dial->fd, address->ai_addr, address->ai_addrlen) == 0 || errno == EINPROGRESS) {
        struct event *event = event_new(dial->base, dial->fd, EV_WRITE, on_socket, dial);
        if (event != NULL && event_add(event, dial->next != NULL ? &patience : NULL) == 0) {
            event_free(dial->event);
            dial->event = event;
            return true;
        }
        if (event != NULL)
            event_free(event);
        errno = ENOMEM;
    }
    dial->last_errno = errno;
    (void)close(dial->fd);
    dial->fd = -1;
    return false;
}

static void try_next(struct dial *dial)
{
    while (dial->next != NULL) {
        const struct addrinfo *address = dial->next;
        dial->next = address->ai_next;
        if (try_address(dial, address))
            return;
    }
    fail(dial);
}

static void on_lookup_done(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    struct dial *dial = ctx;
    uint64_t rings = 0;
    ssize_t got = read(dial->lookup->done_fd, &rings, sizeof(rings));
    (void)got;
    if (dial->lookup->error != 0) {
        struct ov_error err = OV_ERROR_INIT;
        (void)ov_fail(&err, OV_ERR_UNAVAILABLE, "connect.name", "cannot find the host %s: %s",
                      dial->lookup->host, gai_strerror(dial->lookup->error));
        finish(dial, -1, &err);
        return;
    }
    dial->next = dial->lookup->result;
    try_next(dial);
}

enum ov_status dial_new(struct event_base *base, const char *host, int port, dial_done_fn on_done,
                        void *ctx, struct dial **ret_dial, struct ov_error *err)
{
    if (port < 1 || port > 65535)
        return ov_fail(err, OV_ERR_INVALID, "connect.port", "%d is no port", port);
    struct dial *dial = calloc(1, sizeof(*dial));
    if (dial == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for a connection");
    dial->base = base;
    dial->fd = -1;
    dial->on_done = on_done;
    dial->ctx = ctx;
    dial->lookup = lookup_new(host, port);
    if (dial->lookup != NULL)
        dial->event = event_new(base, dial->lookup->done_fd, EV_READ, on_lookup_done, dial);
    if (dial->event == NULL || event_add(dial->event, NULL) != 0 ||
        lookup_start(dial->lookup) != 0) {
        dial_free(dial);
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory or threads for a connection");
    }
    *ret_dial = dial;
    return OV_OK;
}

void dial_free(struct dial *dial)
{
    if (dial == NULL)
        return;
    if (dial->event != NULL)
        event_free(dial->event);
    if (dial->fd >= 0)
        (void)close(dial->fd);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): counted by its owners */
    lookup_release(dial->lookup);
    free(dial);
}
