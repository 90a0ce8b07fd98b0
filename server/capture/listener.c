/* Accepting connections, within limits. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/log.h"
#include "server/capture/capture_private.h"

#define BACKLOG 128
#define REST_MS 200 /* after the system ran out of descriptors or memory */

static bool has_room(struct capture *capture, const char *address)
{
    unsigned strangers = 0;
    unsigned same = 0;
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        const struct session *session = capture->sessions[i];
        if (session == NULL || !session_is_stranger(session))
            continue;
        strangers++;
        if (strcmp(session->address, address) == 0)
            same++;
    }
    return strangers < STRANGERS_MAX && same < STRANGERS_PER_ADDRESS;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
                      struct sockaddr *peer_address, int length, void *ctx)
{
    struct capture *capture = ctx;
    char address[SESSION_ADDRESS_SIZE];
    if (getnameinfo(peer_address, (socklen_t)length, address, sizeof(address), NULL, 0,
                    NI_NUMERICHOST) != 0)
        (void)snprintf(address, sizeof(address), "unknown");
    if (!has_room(capture, address)) {
        ov_log(OV_LOG_WARNING, "capture", "too_many_strangers", "address=%s", address);
        (void)close((int)fd);
        return;
    }
    if (session_open(capture, (int)fd, address) == NULL)
        ov_log(OV_LOG_WARNING, "capture", "not_accepted", "address=%s", address);
}

static void on_accept_error(struct evconnlistener *listener, void *ctx)
{
    struct capture *capture = ctx;
    int error = errno;
    struct timeval rest = {0, (suseconds_t)REST_MS * 1000};
    ov_log(OV_LOG_ERROR, "capture", "accept_rests", "error=%s", strerrorname_np(error));
    (void)evconnlistener_disable(listener);
    (void)event_add(capture->relisten, &rest);
}

static void on_rested(evutil_socket_t fd, short what, void *ctx)
{
    struct capture *capture = ctx;
    if (capture->listener != NULL && !capture->stopping)
        (void)evconnlistener_enable(capture->listener);
}

static enum ov_status resolve(const struct capture_options *options, struct addrinfo **ret,
                              struct ov_error *err)
{
    char port[16];
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    (void)snprintf(port, sizeof(port), "%d", options->port);
    int rc = getaddrinfo(options->address, port, &hints, ret);
    if (rc != 0)
        return ov_fail(err, OV_ERR_INVALID, "capture.address",
                       "%s is not an address to listen on (%s): use for example 0.0.0.0 or ::",
                       options->address, gai_strerror(rc));
    return OV_OK;
}

static int port_of(evutil_socket_t fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.v6 = {0}};
    socklen_t length = sizeof(address);
    if (getsockname((int)fd, &address.any, &length) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

enum ov_status capture_listen(struct capture *capture, struct ov_error *err)
{
    struct addrinfo *found = NULL;
    enum ov_status status = resolve(&capture->options, &found, err);
    if (status != OV_OK)
        return status;
    capture->relisten = evtimer_new(capture->base, on_rested, capture);
    capture->listener = evconnlistener_new_bind(capture->base, on_accept, capture,
                                                LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
                                                    LEV_OPT_REUSEABLE | LEV_OPT_DISABLED,
                                                BACKLOG, found->ai_addr, (int)found->ai_addrlen);
    int error = errno;
    freeaddrinfo(found);
    if (capture->relisten == NULL || capture->listener == NULL)
        return ov_fail(err, OV_ERR_IO, "capture.listen", "cannot listen on %s port %d: %s",
                       capture->options.address, capture->options.port, strerrordesc_np(error));
    evconnlistener_set_error_cb(capture->listener, on_accept_error);
    capture->port = port_of(evconnlistener_get_fd(capture->listener));
    return OV_OK;
}
