/* One thread moves the bytes of all connections; what it is to do is under the lock. */
#include "tests/integration/lifecycle/tap.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/bytes.h"

#define CONNECTIONS_MAX 64u
#define FIRST_OF_A_REQUEST "principal_by_identity"

/* Frontend and backend, PostgreSQL's protocol 3.0: type (not in the first message), length, body.
 */
#define LENGTH_BYTES 4u

struct connection {
    int server; /* overtd's end; -1: the slot is free */
    int database;
    bool greeted;
    struct ov_buf from_server; /* what is no whole message yet */
    struct ov_buf from_database;
};

struct tap {
    pthread_t thread;
    int listener;
    int wake[2]; /* closed to end the thread */
    char upstream[108];
    struct connection connections[CONNECTIONS_MAX];

    pthread_mutex_t lock; /* of what is below */
    bool counting;
    const struct connection *watched;
    struct tap_seen seen;
    pid_t pid;
    size_t at;
    enum tap_when when;
    bool awaits_answer;
};

/* --- sockets --- */

static void set_address(struct sockaddr_un *address, const char *path)
{
    memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;
    assert_true(strlen(path) < sizeof(address->sun_path));
    (void)snprintf(address->sun_path, sizeof(address->sun_path), "%s", path);
}

static bool write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t put = send(fd, bytes, size, MSG_NOSIGNAL);
        if (put <= 0 && errno != EINTR)
            return false;
        bytes += put > 0 ? put : 0;
        size -= put > 0 ? (size_t)put : 0;
    }
    return true;
}

static void drop(struct tap *tap, struct connection *connection)
{
    (void)close(connection->server);
    (void)close(connection->database);
    ov_buf_free(&connection->from_server);
    ov_buf_free(&connection->from_database);
    connection->server = -1;
    (void)pthread_mutex_lock(&tap->lock);
    if (tap->watched == connection)
        tap->watched = NULL;
    (void)pthread_mutex_unlock(&tap->lock);
}

static void take_connection(struct tap *tap)
{
    int server = accept4(tap->listener, NULL, NULL, SOCK_CLOEXEC);
    int database = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address;
    size_t slot = 0;
    set_address(&address, tap->upstream);
    while (slot < CONNECTIONS_MAX && tap->connections[slot].server >= 0)
        slot++;
    if (server < 0 || database < 0 || slot == CONNECTIONS_MAX ||
        connect(database, (struct sockaddr *)&address, sizeof(address)) != 0) {
        (void)close(server);
        (void)close(database);
        return;
    }
    tap->connections[slot] = (struct connection){server, database, false, OV_BUF_INIT, OV_BUF_INIT};
}

/* --- messages --- */

/* The whole message at the head of the buffer: its size, 0 when it is not all there. */
static size_t message_size(const struct ov_buf *buf, bool with_type)
{
    size_t head = (with_type ? 1u : 0u) + LENGTH_BYTES;
    if (buf->length < head)
        return 0;
    const uint8_t *at = (const uint8_t *)buf->data + (with_type ? 1 : 0);
    size_t size = ((size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3]) +
                  (with_type ? 1u : 0u);
    return buf->length >= size ? size : 0;
}

static void consume(struct ov_buf *buf, size_t size)
{
    memmove(buf->data, buf->data + size, buf->length - size);
    buf->length -= size;
}

/* The statement that a message starts, in name; "" when it starts none. */
static void statement_of(const char *message, char name[TAP_NAME_SIZE])
{
    const char *text = message + 1 + LENGTH_BYTES;
    name[0] = '\0';
    if (message[0] == 'B') /* Bind: portal, prepared statement */
        (void)snprintf(name, TAP_NAME_SIZE, "%s", text + strlen(text) + 1);
    if (message[0] == 'Q')
        (void)snprintf(name, TAP_NAME_SIZE, "%.*s", (int)strcspn(text, " "), text);
}

/* Notes the statement; whether the server has to die before it is passed on. */
static bool note(struct tap *tap, const struct connection *connection, const char *name)
{
    bool dies = false;
    (void)pthread_mutex_lock(&tap->lock);
    if (tap->counting && tap->watched == NULL && strcmp(name, FIRST_OF_A_REQUEST) == 0)
        tap->watched = connection;
    if (tap->counting && tap->watched == connection && tap->seen.count < TAP_STATEMENTS_MAX) {
        bool now = tap->seen.count == tap->at;
        (void)snprintf(tap->seen.names[tap->seen.count++], TAP_NAME_SIZE, "%s", name);
        dies = now && tap->when == TAP_BEFORE;
        tap->awaits_answer = now && tap->when == TAP_AFTER;
        if (dies)
            (void)kill(tap->pid, SIGKILL);
    }
    (void)pthread_mutex_unlock(&tap->lock);
    return dies;
}

static bool from_server(struct tap *tap, struct connection *connection)
{
    struct ov_buf *buf = &connection->from_server;
    for (size_t size = message_size(buf, connection->greeted); size > 0;
         size = message_size(buf, connection->greeted)) {
        char name[TAP_NAME_SIZE] = "";
        if (connection->greeted)
            statement_of(buf->data, name);
        if (name[0] != '\0' && note(tap, connection, name))
            return false;
        connection->greeted = true;
        if (!write_all(connection->database, buf->data, size))
            return false;
        consume(buf, size);
    }
    return true;
}

/* Whether this answer (ReadyForQuery) is the one that the server does not live to see. */
static bool is_last_answer(struct tap *tap, const struct connection *connection,
                           const char *message)
{
    (void)pthread_mutex_lock(&tap->lock);
    bool is = tap->awaits_answer && tap->watched == connection && message[0] == 'Z';
    if (is) {
        tap->awaits_answer = false;
        (void)kill(tap->pid, SIGKILL);
    }
    (void)pthread_mutex_unlock(&tap->lock);
    return is;
}

static bool holds_back(struct tap *tap, const struct connection *connection)
{
    (void)pthread_mutex_lock(&tap->lock);
    bool holds = tap->awaits_answer && tap->watched == connection;
    (void)pthread_mutex_unlock(&tap->lock);
    return holds;
}

static bool from_database(struct tap *tap, struct connection *connection)
{
    struct ov_buf *buf = &connection->from_database;
    for (size_t size = message_size(buf, true); size > 0; size = message_size(buf, true)) {
        if (is_last_answer(tap, connection, buf->data))
            return false;
        if (!holds_back(tap, connection) && !write_all(connection->server, buf->data, size))
            return false;
        consume(buf, size);
    }
    return true;
}

static bool receive(int fd, struct ov_buf *buf)
{
    char bytes[16384];
    ssize_t got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (got > 0)
        ov_buf_append(buf, bytes, (size_t)got);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static void move(struct tap *tap, struct connection *connection, short server, short database)
{
    bool goes_on = true;
    if (server != 0)
        goes_on =
            receive(connection->server, &connection->from_server) && from_server(tap, connection);
    if (goes_on && database != 0)
        goes_on = receive(connection->database, &connection->from_database) &&
                  from_database(tap, connection);
    if (!goes_on)
        drop(tap, connection);
}

static void *run(void *arg)
{
    struct tap *tap = arg;
    for (;;) {
        struct pollfd fds[2 + 2 * CONNECTIONS_MAX] = {{tap->listener, POLLIN, 0},
                                                      {tap->wake[0], POLLIN, 0}};
        for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
            struct connection *connection = &tap->connections[i];
            bool is_open = connection->server >= 0;
            fds[2 + 2 * i] = (struct pollfd){is_open ? connection->server : -1, POLLIN, 0};
            fds[3 + 2 * i] = (struct pollfd){is_open ? connection->database : -1, POLLIN, 0};
        }
        if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0 && errno != EINTR)
            break;
        if (fds[1].revents != 0)
            break;
        for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
            if (fds[2 + 2 * i].revents != 0 || fds[3 + 2 * i].revents != 0)
                move(tap, &tap->connections[i], fds[2 + 2 * i].revents, fds[3 + 2 * i].revents);
        }
        if (fds[0].revents != 0)
            take_connection(tap);
    }
    return NULL;
}

/* --- for the test --- */

struct tap *tap_new(const char *folder, const char *socket_path)
{
    struct tap *tap = calloc(1, sizeof(*tap));
    struct sockaddr_un address;
    char path[108];
    assert_non_null(tap);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        tap->connections[i].server = -1;
    (void)snprintf(tap->upstream, sizeof(tap->upstream), "%s", socket_path);
    (void)snprintf(path, sizeof(path), "%.80s/.s.PGSQL.5432", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    set_address(&address, path);
    tap->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(tap->listener >= 0);
    assert_int_equal(bind(tap->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(tap->listener, 64), 0);
    assert_int_equal(pipe(tap->wake), 0);
    assert_int_equal(pthread_mutex_init(&tap->lock, NULL), 0);
    assert_int_equal(pthread_create(&tap->thread, NULL, run, tap), 0);
    return tap;
}

void tap_free(struct tap *tap)
{
    if (tap == NULL)
        return;
    (void)close(tap->wake[1]);
    (void)pthread_join(tap->thread, NULL);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (tap->connections[i].server >= 0)
            drop(tap, &tap->connections[i]);
    }
    (void)close(tap->wake[0]);
    (void)close(tap->listener);
    (void)pthread_mutex_destroy(&tap->lock);
    free(tap);
}

void tap_watch(struct tap *tap, pid_t pid, size_t at, enum tap_when when)
{
    (void)pthread_mutex_lock(&tap->lock);
    tap->counting = true;
    tap->watched = NULL;
    tap->seen.count = 0;
    tap->pid = pid;
    tap->at = at;
    tap->when = when;
    tap->awaits_answer = false;
    (void)pthread_mutex_unlock(&tap->lock);
}

void tap_seen(struct tap *tap, struct tap_seen *ret)
{
    (void)pthread_mutex_lock(&tap->lock);
    tap->counting = false;
    tap->watched = NULL;
    *ret = tap->seen;
    (void)pthread_mutex_unlock(&tap->lock);
}
