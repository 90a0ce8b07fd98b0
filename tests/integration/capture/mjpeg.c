/* See mjpeg.h. One connection at a time, blocking, on a thread of its own. */
#include "tests/integration/capture/mjpeg.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct mjpeg {
    struct mjpeg_behaviour behaviour;
    int listen_fd;
    int port;
    atomic_bool stop;
    atomic_int connections;
    atomic_int pictures;
    pthread_t thread;
};

static bool send_all(int fd, const void *data, size_t size)
{
    const char *at = data;
    while (size > 0) {
        ssize_t put = send(fd, at, size, MSG_NOSIGNAL);
        if (put <= 0)
            return false;
        at += put;
        size -= (size_t)put;
    }
    return true;
}

static bool send_text(int fd, const char *text)
{
    return send_all(fd, text, strlen(text));
}

static void nap_ms(int ms)
{
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000L};
    (void)nanosleep(&time, NULL);
}

static bool read_request(struct mjpeg *mjpeg, int fd)
{
    char request[4096];
    size_t used = 0;
    while (used < sizeof(request) - 1 && !atomic_load(&mjpeg->stop)) {
        struct pollfd wait = {fd, POLLIN, 0};
        if (poll(&wait, 1, 100) == 0)
            continue;
        ssize_t got = recv(fd, request + used, sizeof(request) - 1 - used, 0);
        if (got <= 0)
            return false;
        used += (size_t)got;
        request[used] = '\0';
        if (strstr(request, "\r\n\r\n") != NULL)
            return true;
    }
    return false;
}

static void send_stream(struct mjpeg *mjpeg, int fd)
{
    const struct mjpeg_behaviour *behaviour = &mjpeg->behaviour;
    char part[160];
    (void)snprintf(part, sizeof(part),
                   "--edge\r\nContent-Type: image/jpeg\r\nContent-Length: %zu\r\n\r\n",
                   behaviour->jpeg_size);
    bool fine = send_text(fd, "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; "
                              "boundary=edge\r\n\r\n");
    for (int i = 0; fine && !atomic_load(&mjpeg->stop) &&
                    (behaviour->pictures == 0 || i < behaviour->pictures);
         i++) {
        fine = send_text(fd, part) && send_all(fd, behaviour->jpeg, behaviour->jpeg_size) &&
               send_text(fd, "\r\n");
        atomic_fetch_add(&mjpeg->pictures, 1);
        nap_ms(behaviour->every_ms);
    }
}

static void serve(struct mjpeg *mjpeg, int fd)
{
    const struct mjpeg_behaviour *behaviour = &mjpeg->behaviour;
    char head[256];
    if (!read_request(mjpeg, fd))
        return;
    if (behaviour->status != NULL) {
        (void)snprintf(head, sizeof(head), "HTTP/1.0 %s\r\nContent-Length: 0\r\n\r\n",
                       behaviour->status);
        (void)send_text(fd, head);
    } else if (behaviour->file_type != NULL) {
        (void)snprintf(head, sizeof(head),
                       "HTTP/1.0 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                       behaviour->file_type, behaviour->jpeg_size);
        (void)(send_text(fd, head) && send_all(fd, behaviour->jpeg, behaviour->jpeg_size));
    } else {
        send_stream(mjpeg, fd);
    }
}

static void *run(void *ctx)
{
    struct mjpeg *mjpeg = ctx;
    while (!atomic_load(&mjpeg->stop)) {
        struct pollfd wait = {mjpeg->listen_fd, POLLIN, 0};
        if (poll(&wait, 1, 50) <= 0)
            continue;
        int fd = accept(mjpeg->listen_fd, NULL, NULL);
        if (fd < 0)
            continue;
        atomic_fetch_add(&mjpeg->connections, 1);
        serve(mjpeg, fd);
        (void)close(fd);
    }
    return NULL;
}

struct mjpeg *mjpeg_start(const struct mjpeg_behaviour *behaviour)
{
    struct mjpeg *mjpeg = calloc(1, sizeof(*mjpeg));
    assert_non_null(mjpeg);
    mjpeg->behaviour = *behaviour;
    mjpeg->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    assert_int_equal(bind(mjpeg->listen_fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(mjpeg->listen_fd, 4), 0);
    assert_int_equal(getsockname(mjpeg->listen_fd, (struct sockaddr *)&address, &size), 0);
    mjpeg->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&mjpeg->thread, NULL, run, mjpeg), 0);
    return mjpeg;
}

int mjpeg_port(const struct mjpeg *mjpeg)
{
    return mjpeg->port;
}

int mjpeg_connections(const struct mjpeg *mjpeg)
{
    return atomic_load(&mjpeg->connections);
}

int mjpeg_pictures(const struct mjpeg *mjpeg)
{
    return atomic_load(&mjpeg->pictures);
}

void mjpeg_stop(struct mjpeg *mjpeg)
{
    if (mjpeg == NULL)
        return;
    atomic_store(&mjpeg->stop, true);
    (void)pthread_join(mjpeg->thread, NULL);
    (void)close(mjpeg->listen_fd);
    free(mjpeg);
}
