/*
 * The API's event loop: takes requests from evhttp, hands them to the workers, sends what comes
 * back, and keeps those that wait. It never blocks and never looks into the database.
 *
 * A client may go while its request is worked on. evhttp then lets go of the request
 * (evhttp_request_get_connection is NULL) and it is ours to free; so nothing but this thread ever
 * touches request->http, and only through answer() and drop().
 */
#include "server/api/loop.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>

#include "common/base/log.h"
#include "server/api/admit.h"
#include "server/api/reply.h"

#define RETRY_US 500000
#define STOP_MAX_US (10 * OV_US_PER_S)
#define IN_FLIGHT_MAX ((size_t)2 * CONNECTIONS_MAX)

void command_free(void *command)
{
    struct command *c = command;
    if (c != NULL)
        SSL_CTX_free(c->newer);
    free(c);
}

static int64_t now_us(const struct loop *loop)
{
    return ov_clock_mono_us(loop->clock);
}

/* --- answering --- */

static void log_request(const struct loop *loop, const struct request *request, bool gone)
{
    char id[OV_ID_TEXT_SIZE];
    char principal[OV_ID_TEXT_SIZE];
    ov_log(OV_LOG_INFO, "api", "request",
           "method=%s route=%s status=%d ms=%lld principal=%s request=%s%s",
           request_method_name(request->method),
           request->route != NULL ? request->route->pattern : "-", request->reply.status,
           (long long)((now_us(loop) - request->started_us) / OV_US_PER_MS),
           ov_id_is_zero(&request->principal_id) ? "-"
                                                 : ov_id_format(&request->principal_id, principal),
           ov_id_format(&request->id, id), gone ? " gone=1" : "");
}

static void free_held(const void *data, size_t size, void *held)
{
    (void)data;
    (void)size;
    ov_secret_free(held);
    free(held);
}

/* The body by reference; it is wiped when evhttp has sent it. NULL when there is none. */
static struct evbuffer *body_buffer(struct request *request)
{
    if (request->reply.body.size == 0)
        return NULL;
    struct evbuffer *buffer = evbuffer_new();
    struct ov_secret *held = malloc(sizeof(*held));
    if (buffer == NULL || held == NULL) {
        if (buffer != NULL)
            evbuffer_free(buffer);
        free(held);
        return NULL;
    }
    *held = ov_secret_take(&request->reply.body);
    if (evbuffer_add_reference(buffer, held->data, held->size, free_held, held) != 0)
        free_held(NULL, 0, held);
    return buffer;
}

static void add_headers(const struct request *request, struct evkeyvalq *headers)
{
    char id[OV_ID_TEXT_SIZE];
    (void)evhttp_add_header(headers, "Cache-Control", "no-store");
    (void)evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
    (void)evhttp_add_header(headers, "Overt-Request-Id", ov_id_format(&request->id, id));
    if (request->reply.body.size > 0)
        (void)evhttp_add_header(headers, "Content-Type",
                                request->reply.content_type != NULL
                                    ? request->reply.content_type
                                    : "application/json; charset=utf-8");
    if (request->repeated)
        (void)evhttp_add_header(headers, "Overt-Repeated", "true");
    if (request->ends_connection)
        (void)evhttp_add_header(headers, "Connection", "close");
    if (request->reply.status == 405) {
        char allowed[64];
        (void)evhttp_add_header(headers, "Allow", route_allowed(request, allowed, sizeof(allowed)));
    }
}

/* Ends a request without an answer. */
static void drop(void *data)
{
    struct request *request = data;
    struct evhttp_request *http = request->http;
    /* One that still has its connection is freed with that. */
    if (evhttp_request_get_connection(http) == NULL)
        evhttp_request_free(http);
    request_free(request);
}

static void answer(struct loop *loop, struct request *request)
{
    struct evhttp_request *http = request->http;
    SSL *ssl = connections_ssl(http);
    log_request(loop, request, ssl == NULL);
    if (ssl == NULL) {
        drop(request);
        return;
    }
    connections_set_busy(&loop->connections, ssl, false);
    add_headers(request, evhttp_request_get_output_headers(http));
    struct evbuffer *body = body_buffer(request);
    evhttp_send_reply(http, request->reply.status, NULL, body);
    if (body != NULL)
        evbuffer_free(body);
    request_free(request);
}

/* --- to the workers and back --- */

static bool enqueue(struct loop *loop, struct request *request)
{
    if (ov_queue_push(loop->queue, request, 0) != OV_OK)
        return false;
    loop->in_flight++;
    return true;
}

static void end_if_idle(struct loop *loop)
{
    /* Time for the last answers to leave. */
    static const struct timeval flush = {0, 100000};
    if (loop->stopping && loop->in_flight == 0 && TAILQ_EMPTY(&loop->waiting))
        (void)event_base_loopexit(loop->base, &flush);
}

static void on_finished(void *ctx, void *message)
{
    struct loop *loop = ctx;
    struct request *request = message;
    loop->in_flight--;
    if (request->reply.wait) {
        request->reply.wait = false;
        TAILQ_INSERT_TAIL(&loop->waiting, request, waiting);
    } else {
        answer(loop, request);
    }
    end_if_idle(loop);
}

/* Every request that waits is tried again; one that has waited long enough, for the last time. */
static void retry_waiting(struct loop *loop)
{
    struct request *request = TAILQ_FIRST(&loop->waiting);
    while (request != NULL) {
        struct request *next = TAILQ_NEXT(request, waiting);
        request->last_try = loop->stopping || now_us(loop) >= request->wait_until_us;
        TAILQ_REMOVE(&loop->waiting, request, waiting);
        if (!enqueue(loop, request)) { /* the workers are busy: at the next turn */
            TAILQ_INSERT_HEAD(&loop->waiting, request, waiting);
            return;
        }
        request = next;
    }
}

static void on_request(struct evhttp_request *http, void *ctx)
{
    struct loop *loop = ctx;
    SSL *ssl = connections_ssl(http);
    struct request *request = request_new();
    if (ssl == NULL || request == NULL) {
        request_free(request);
        evhttp_send_reply(http, 503, NULL, NULL);
        return;
    }
    request->http = http;
    request->started_us = now_us(loop);
    connections_set_busy(&loop->connections, ssl, true);
    struct ov_error err = OV_ERROR_INIT;
    enum ov_status status = loop->stopping
                                ? ov_fail(&err, OV_ERR_UNAVAILABLE, "server.stopping",
                                          "the server is being stopped; try again in a moment")
                                : admit(request, http, ssl, &err);
    if (status == OV_OK && !enqueue(loop, request))
        status = ov_fail(&err, OV_ERR_UNAVAILABLE, "server.busy",
                         "the server has too much to do; try again in a moment");
    if (status != OV_OK) {
        reply_error(request, &err);
        answer(loop, request);
    }
}

/* --- timers and commands --- */

static void on_retry(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    retry_waiting(ctx);
}

static void on_sweep(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    struct loop *loop = ctx;
    connections_sweep(&loop->connections);
    if (loop->stopping && now_us(loop) >= loop->stop_by_us) {
        ov_log(OV_LOG_WARNING, "api", "stopped_unfinished", "requests=%d", loop->in_flight);
        (void)event_base_loopbreak(loop->base);
    }
}

static void stop(struct loop *loop)
{
    if (loop->stopping)
        return;
    loop->stopping = true;
    loop->stop_by_us = now_us(loop) + STOP_MAX_US;
    connections_detach(&loop->connections);
    evhttp_del_accept_socket(loop->http, loop->bound);
    retry_waiting(loop);
    end_if_idle(loop);
}

static void on_command(void *ctx, void *message)
{
    struct loop *loop = ctx;
    struct command *command = message;
    switch (command->kind) {
    case COMMAND_RENEW_TLS:
        connections_renew(&loop->connections, command->newer);
        command->newer = NULL;
        break;
    case COMMAND_WAKE:
        retry_waiting(loop);
        break;
    case COMMAND_STOP:
        stop(loop);
        break;
    }
    command_free(command);
}

/* --- setting up --- */

static enum ov_status fail_memory(struct ov_error *err)
{
    return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory while setting up the API");
}

static enum ov_status bind_http(struct loop *loop, const struct api_options *options,
                                struct ov_error *err)
{
    loop->http = evhttp_new(loop->base);
    if (loop->http == NULL)
        return fail_memory(err);
    /* All that evhttp knows: refusing is ours, as JSON. */
    evhttp_set_allowed_methods(loop->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_DELETE |
                                               EVHTTP_REQ_PATCH | EVHTTP_REQ_PUT | EVHTTP_REQ_HEAD |
                                               EVHTTP_REQ_OPTIONS);
    evhttp_set_max_headers_size(loop->http, LOOP_HEADERS_MAX_BYTES);
    evhttp_set_max_body_size(loop->http, LOOP_BODY_MAX_BYTES);
    evhttp_set_timeout(loop->http, LOOP_IDLE_S);
    evhttp_set_default_content_type(loop->http, NULL);
    /* So that who sends too much can still read why it was refused. */
    (void)evhttp_set_flags(loop->http, EVHTTP_SERVER_LINGERING_CLOSE);
    evhttp_set_gencb(loop->http, on_request, loop);
    loop->bound =
        evhttp_bind_socket_with_handle(loop->http, options->address, (ev_uint16_t)options->port);
    if (loop->bound == NULL)
        return ov_fail(err, OV_ERR_IO, "api.bind", "cannot listen on %s port %d: %s",
                       options->address, options->port, strerror(errno));
    connections_attach(&loop->connections, loop->http,
                       evhttp_bound_socket_get_listener(loop->bound));
    return OV_OK;
}

static enum ov_status read_port(struct loop *loop, struct ov_error *err)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    socklen_t size = sizeof(address);
    memset(&address, 0, sizeof(address));
    if (getsockname((int)evhttp_bound_socket_get_fd(loop->bound), &address.any, &size) != 0)
        return ov_fail(err, OV_ERR_IO, "api.bind", "cannot tell the port: %s", strerror(errno));
    loop->port =
        ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
    return OV_OK;
}

static bool add_timers(struct loop *loop)
{
    const struct timeval second = {1, 0};
    const struct timeval retry = {0, RETRY_US};
    loop->sweep = event_new(loop->base, -1, EV_PERSIST, on_sweep, loop);
    loop->retry = event_new(loop->base, -1, EV_PERSIST, on_retry, loop);
    return loop->sweep != NULL && loop->retry != NULL && event_add(loop->sweep, &second) == 0 &&
           event_add(loop->retry, &retry) == 0;
}

static enum ov_status make_queues(struct loop *loop, struct ov_error *err)
{
    loop->queue = ov_queue_new(IN_FLIGHT_MAX);
    if (loop->queue == NULL ||
        ov_mailbox_new(loop->base, IN_FLIGHT_MAX, on_finished, drop, loop, &loop->finished) !=
            OV_OK ||
        ov_mailbox_new(loop->base, 64, on_command, command_free, loop, &loop->commands) != OV_OK ||
        !add_timers(loop))
        return fail_memory(err);
    return OV_OK;
}

enum ov_status loop_init(struct loop *loop, const struct api_options *options, SSL_CTX *take_tls,
                         struct ov_error *err)
{
    *loop = (struct loop){.clock = options->clock};
    TAILQ_INIT(&loop->waiting);
    loop->base = event_base_new();
    if (loop->base == NULL) {
        SSL_CTX_free(take_tls);
        return fail_memory(err);
    }
    enum ov_status status =
        connections_init(&loop->connections, loop->base, take_tls, options->clock, err);
    if (status == OV_OK)
        status = make_queues(loop, err);
    if (status == OV_OK)
        status = bind_http(loop, options, err);
    if (status == OV_OK)
        status = read_port(loop, err);
    return status;
}

void *loop_run(void *arg)
{
    struct loop *loop = arg;
    (void)event_base_dispatch(loop->base);
    return NULL;
}

void loop_done(struct loop *loop)
{
    struct request *request;
    while ((request = TAILQ_FIRST(&loop->waiting)) != NULL) {
        TAILQ_REMOVE(&loop->waiting, request, waiting);
        drop(request);
    }
    if (loop->queue != NULL)
        ov_queue_free(loop->queue, drop);
    ov_mailbox_free(loop->finished);
    ov_mailbox_free(loop->commands);
    if (loop->sweep != NULL)
        event_free(loop->sweep);
    if (loop->retry != NULL)
        event_free(loop->retry);
    connections_detach(&loop->connections);
    if (loop->http != NULL)
        evhttp_free(loop->http);
    if (loop->base != NULL)
        event_base_free(loop->base); /* libevent frees the last connections only here */
    connections_done(&loop->connections);
}
