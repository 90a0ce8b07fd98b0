/* One thread for each connection, and one that accepts them. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/integration/ctl/line.h"

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static bool pass_on(int from, int to)
{
    char bytes[4096];
    ssize_t size = read(from, bytes, sizeof(bytes));
    return size > 0 && write(to, bytes, (size_t)size) == size;
}

/* What the client says after the server has spoken ends the handshake and is the request: what
 * comes from the server next is the answer. */
static void carry(struct line_connection *connection, int server)
{
    struct pollfd ends[2] = {{connection->client, POLLIN, 0}, {server, POLLIN, 0}};
    bool server_spoke = false;
    bool request_sent = false;
    while (poll(ends, 2, 60000) > 0) {
        if (ends[1].revents != 0) {
            if (connection->lose && request_sent) {
                (void)atomic_fetch_add(&connection->line->lost, 1);
                return;
            }
            if (!pass_on(server, connection->client))
                return;
            server_spoke = true;
        }
        if (ends[0].revents != 0) {
            request_sent = server_spoke;
            if (!pass_on(connection->client, server))
                return;
        }
    }
}

static void *run_connection(void *arg)
{
    struct line_connection *connection = arg;
    struct sockaddr_in address = loopback(connection->line->server_port);
    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(server, (const struct sockaddr *)&address, sizeof(address)) == 0)
        carry(connection, server);
    else
        atomic_store(&connection->line->broken, true);
    (void)close(connection->client);
    (void)close(server);
    return NULL;
}

static void *run_line(void *arg)
{
    struct line *line = arg;
    int client = -1;
    while (line->connections < LINE_CONNECTIONS_MAX &&
           (client = accept(line->listener, NULL, NULL)) >= 0) {
        struct line_connection *connection = &line->each[line->connections];
        int number = line->connections - line->first_lost;
        *connection = (struct line_connection){
            .line = line, .client = client, .lose = number >= 0 && number < line->to_lose};
        if (pthread_create(&connection->thread, NULL, run_connection, connection) != 0)
            break;
        line->connections++;
    }
    return NULL;
}

void line_start(struct line *line, int server_port, int first_lost, int to_lose)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    *line = (struct line){.server_port = server_port, .first_lost = first_lost, .to_lose = to_lose};
    atomic_init(&line->lost, 0);
    atomic_init(&line->broken, false);
    line->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(line->listener, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(line->listener, 16), 0);
    assert_int_equal(getsockname(line->listener, (struct sockaddr *)&address, &size), 0);
    line->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&line->thread, NULL, run_line, line), 0);
}

void line_stop(struct line *line)
{
    (void)shutdown(line->listener, SHUT_RDWR);
    assert_int_equal(pthread_join(line->thread, NULL), 0);
    for (int i = 0; i < line->connections; i++)
        assert_int_equal(pthread_join(line->each[i].thread, NULL), 0);
    (void)close(line->listener);
    assert_false(atomic_load(&line->broken));
}
