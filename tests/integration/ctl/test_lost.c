/* An answer that gets lost: between overtctl and the server stands a line that breaks. */
#include "tests/integration/ctl/office.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAME "North gate, 1/May?" /* made, and authorised, by the tests of lists */

/* Bytes go through both ways, but on some connections the server's last word is held
 * back and the line is cut: TLS is set up, the request arrives and is done, the answer does not. */
struct line {
    int listener;
    int port;
    int server_port;
    int first_lost; /* connections are counted from 0 */
    int to_lose;
    int connections;    /* read by others after line_stop */
    atomic_bool broken; /* the line itself failed, not on purpose */
    pthread_t thread;
};

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
static void carry(int client, int server, bool lose)
{
    struct pollfd ends[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    bool server_spoke = false;
    bool request_sent = false;
    while (poll(ends, 2, 60000) > 0) {
        if (ends[1].revents != 0) {
            if ((lose && request_sent) || !pass_on(server, client))
                return;
            server_spoke = true;
        }
        if (ends[0].revents != 0) {
            request_sent = server_spoke;
            if (!pass_on(client, server))
                return;
        }
    }
}

static bool is_lost(const struct line *line, int connection)
{
    return connection >= line->first_lost && connection < line->first_lost + line->to_lose;
}

static void *run_line(void *arg)
{
    struct line *line = arg;
    int client = -1;
    while ((client = accept(line->listener, NULL, NULL)) >= 0) {
        struct sockaddr_in address = loopback(line->server_port);
        int server = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(server, (const struct sockaddr *)&address, sizeof(address)) == 0)
            carry(client, server, is_lost(line, line->connections++));
        else
            atomic_store(&line->broken, true);
        (void)close(client);
        (void)close(server);
    }
    return NULL;
}

static void line_start(struct line *line, int server_port, int first_lost, int to_lose)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    *line = (struct line){.server_port = server_port, .first_lost = first_lost, .to_lose = to_lose};
    atomic_init(&line->broken, false);
    line->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(line->listener, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(line->listener, 8), 0);
    assert_int_equal(getsockname(line->listener, (struct sockaddr *)&address, &size), 0);
    line->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&line->thread, NULL, run_line, line), 0);
}

static void line_stop(struct line *line)
{
    (void)shutdown(line->listener, SHUT_RDWR);
    assert_int_equal(pthread_join(line->thread, NULL), 0);
    (void)close(line->listener);
    assert_false(atomic_load(&line->broken));
}

#define SITES "SELECT count(*) FROM overt.site WHERE name LIKE 'lost-%'"

static void add_site(struct office *office, int to_lose, const char *name, int status,
                     const char *code)
{
    struct line line;
    int port = office->world.api_port;
    line_start(&line, port, 0, to_lose);
    office->world.api_port = line.port;
    office_expect(office, "ada", status, code, "site", "add", name, NULL);
    office->world.api_port = port;
    line_stop(&line);
    assert_int_equal(line.connections, 2);
}

static void a_lost_answer_is_asked_for_again_and_nothing_is_done_twice(void **state)
{
    struct office *office = *state;
    /* Sent again without its key, the second would be told that there is such a site. */
    add_site(office, 1, "lost-once", 0, NULL);
    assert_int_equal(world_psql_number(&office->world, SITES), 1);
}

static void an_answer_lost_twice_is_said_to_be_lost(void **state)
{
    struct office *office = *state;
    add_site(office, 2, "lost-twice", 4, "net.lost");
    assert_int_equal(world_psql_number(&office->world, SITES), 2);
}

/* The settings are read, the change is drawn up, and then it is made: that answer is lost. */
static void a_change_of_settings_whose_answer_is_lost_is_made_once(void **state)
{
    struct office *office = *state;
    struct line line;
    int port = office->world.api_port;
    line_start(&line, port, 2, 1);
    office->world.api_port = line.port;
    office_expect(office, "ada", 0, NULL, "--yes", "deployment", "change", NAME, "--threshold",
                  "0.501", "--reason", "fewer false alerts", NULL);
    office->world.api_port = port;
    line_stop(&line);
    assert_int_equal(line.connections, 4);
    assert_int_equal(
        world_psql_number(&office->world, "SELECT count(*) FROM overt.settings_change"), 1);
}

const struct CMUnitTest lost_tests[] = {
    cmocka_unit_test(a_lost_answer_is_asked_for_again_and_nothing_is_done_twice),
    cmocka_unit_test(an_answer_lost_twice_is_said_to_be_lost),
};
const size_t lost_test_count = sizeof(lost_tests) / sizeof(lost_tests[0]);

const struct CMUnitTest lost_change_tests[] = {
    cmocka_unit_test(a_change_of_settings_whose_answer_is_lost_is_made_once),
};
const size_t lost_change_test_count = sizeof(lost_change_tests) / sizeof(lost_change_tests[0]);
