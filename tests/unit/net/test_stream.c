/* Streams of frames over real loopback connections. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include "common/base/bytes.h"
#include "common/net/init.h"
#include "common/wire/messages.h"
#include "tests/unit/net/pair.h"
#include "tests/unit/net/pki.h"

static struct pki *pki;
static SSL_CTX *server_tls;
static SSL_CTX *client_tls;
static struct pair pair; /* one at a time */

static int set_up(void **state)
{
    (void)state;
    pki = pki_new("Test CA");
    (void)pki_issue(pki, &(struct pki_subject){"server", "DNS:localhost,IP:127.0.0.1,IP:::1",
                                               "serverAuth", 0, 0});
    (void)pki_issue(pki, &(struct pki_subject){"client", "URI:overt://site/a", "clientAuth", 0, 0});
    pki_write_crl(pki, "crl.pem", 0, 3600);
    struct ov_tls_files server = {.ca = pki_path(pki, "ca.crt"),
                                  .crl = pki_path(pki, "crl.pem"),
                                  .cert = pki_path(pki, "server.crt"),
                                  .key = pki_path(pki, "server.key")};
    struct ov_tls_files client = server;
    client.cert = pki_path(pki, "client.crt");
    client.key = pki_path(pki, "client.key");
    return ov_tls_server_new(&server, OV_ALPN_CAPTURE, &server_tls, NULL) != OV_OK ||
           ov_tls_client_new(&client, OV_ALPN_CAPTURE, &client_tls, NULL) != OV_OK;
}

static int tear_down(void **state)
{
    (void)state;
    SSL_CTX_free(server_tls);
    SSL_CTX_free(client_tls);
    pki_free(pki);
    return 0;
}

static void open_pair(void)
{
    pair_connect(&pair, client_tls, "127.0.0.1");
    pair_until(&pair, &pair.client.opened);
    pair_until(&pair, &pair.server.opened);
}

static void frames_of_every_size_go_both_ways_in_order(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 5, 6, 7, 4095, 4096, 16384, 16385, 70000, 200000, 0, 3};
    const size_t count = sizeof(sizes) / sizeof(sizes[0]);
    pair_init(&pair, server_tls);
    open_pair();
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(side_send(&pair.client, (uint16_t)i, sizes[i], (uint8_t)i), OV_OK);
        assert_int_equal(side_send(&pair.server, (uint16_t)i, sizes[i], (uint8_t)(i + 1)), OV_OK);
    }
    pair_until_frames(&pair, &pair.server, count);
    pair_until_frames(&pair, &pair.client, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(pair.server.types[i], i);
        assert_int_equal(pair.server.sizes[i], sizes[i]);
        assert_int_equal(pair.server.first_byte[i], sizes[i] > 0 ? i : 0);
        assert_int_equal(pair.client.sizes[i], sizes[i]);
    }
    pair_done(&pair);
}

static void a_name_is_resolved_and_checked(void **state)
{
    (void)state;
    pair_init(&pair, server_tls);
    pair_connect(&pair, client_tls, "localhost"); /* ::1 is tried, then 127.0.0.1 */
    pair_until(&pair, &pair.client.opened);
    pair_done(&pair);
}

static void nobody_there_is_said_so(void **state)
{
    (void)state;
    pair_init(&pair, server_tls);
    int port = pair.port;
    (void)event_del(pair.listen_event);
    (void)close(pair.listen_fd);
    pair.listen_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    pair_connect(&pair, client_tls, "127.0.0.1");
    assert_false(pair.client.closed); /* never from inside the call */
    pair_until(&pair, &pair.client.closed);
    assert_int_equal(pair.client.why.status, OV_ERR_UNAVAILABLE);
    assert_string_equal(pair.client.why.code, "connect.failed");
    char number[16];
    (void)snprintf(number, sizeof(number), "%d", port);
    assert_non_null(strstr(pair.client.why.text, number));
    pair_done(&pair);
}

static void an_impossible_name_fails_and_a_pending_dial_can_be_freed(void **state)
{
    (void)state;
    pair_init(&pair, server_tls);
    pair_connect(&pair, client_tls, "no-such-host.invalid");
    pair_until(&pair, &pair.client.closed);
    assert_int_equal(pair.client.why.status, OV_ERR_UNAVAILABLE);
    assert_string_equal(pair.client.why.code, "connect.name");
    ov_stream_free(pair.client.stream);
    pair_connect(&pair, client_tls, "no-such-host.invalid");
    pair_done(&pair); /* the resolver may still be at work */
}

static void nothing_is_sent_before_the_stream_is_open(void **state)
{
    (void)state;
    pair_init(&pair, server_tls);
    pair_connect(&pair, client_tls, "127.0.0.1");
    assert_int_equal(side_send(&pair.client, 1, 1, 'x'), OV_ERR_STATE);
    ov_stream_finish(pair.client.stream);
    pair_until(&pair, &pair.client.closed);
    assert_string_equal(pair.client.why.code, "stream.finished");
    assert_int_equal(side_send(&pair.client, 1, 1, 'x'), OV_ERR_CLOSED);
    assert_null(ov_stream_ssl(pair.client.stream));
    pair_done(&pair);
}

static void send_a_hundred_and_finish(struct side *side)
{
    for (int i = 0; i < 100; i++)
        assert_int_equal(side_send(side, 7, 9000, (uint8_t)i), OV_OK);
    ov_stream_finish(side->stream);
    assert_int_equal(side_send(side, 7, 1, 0), OV_ERR_CLOSED);
}

static void finishing_writes_out_everything_first(void **state)
{
    (void)state;
    pair_init(&pair, server_tls);
    pair.client.at_open = send_a_hundred_and_finish;
    pair_connect(&pair, client_tls, "127.0.0.1");
    pair_until(&pair, &pair.server.closed);
    assert_int_equal(pair.server.frame_count, 100);
    assert_int_equal(pair.server.why.status, OV_ERR_CLOSED);
    assert_string_equal(pair.server.why.code, "stream.closed");
    pair_until(&pair, &pair.client.closed);
    assert_string_equal(pair.client.why.code, "stream.finished");
    pair_done(&pair);
}

static void finish_now(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    struct side *side = ctx;
    if (!side->opened)
        ov_stream_finish(side->stream);
}

/* Lets the start of a connection go through so many turns of the loop, then finishes one side in
 * the same turn as whatever comes next, and before it. False: the side was open by then. */
static bool finish_after(struct side *side, int turns)
{
    pair_init(&pair, server_tls);
    pair_connect(&pair, client_tls, "127.0.0.1");
    for (int i = 0; i < turns || side->stream == NULL; i++)
        (void)event_base_loop(pair.base, EVLOOP_ONCE);
    bool was_opening = !side->opened;
    struct event *finish = event_new(pair.base, -1, 0, finish_now, side);
    event_active(finish, EV_TIMEOUT, 0);
    if (was_opening) {
        pair_until(&pair, &side->closed);
        assert_false(side->opened);
        assert_string_equal(side->why.code, "stream.finished");
    }
    event_free(finish);
    pair_done(&pair);
    return was_opening;
}

static void finishing_at_any_step_of_the_start_ends_the_stream(void **state)
{
    (void)state;
    struct side *const sides[] = {&pair.client, &pair.server};
    for (size_t i = 0; i < 2; i++) {
        int turns = 0;
        while (finish_after(sides[i], turns))
            turns++;
        assert_in_range(turns, 2, 100);
    }
}

static void pause_first(struct side *side)
{
    ov_stream_pause(side->stream);
}

static void frames_that_had_arrived_are_delivered_before_the_end(void **state)
{
    (void)state;
    pair_init(&pair, server_tls);
    pair.server.at_open = pause_first; /* so that frames and end arrive together */
    pair.client.at_open = send_a_hundred_and_finish;
    pair_connect(&pair, client_tls, "127.0.0.1");
    pair_spin(&pair, 100);
    assert_int_equal(pair.server.frame_count, 0);
    ov_stream_resume(pair.server.stream);
    pair_until(&pair, &pair.server.closed);
    assert_int_equal(pair.server.frame_count, 100);
    pair_done(&pair);
}

/* The socket goes away below TLS, as when a cable is pulled and a router answers for the peer. */
static void a_reset_still_delivers_what_had_arrived(void **state)
{
    (void)state;
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    pair_init(&pair, server_tls);
    open_pair();
    int fd = SSL_get_fd(ov_stream_ssl(pair.client.stream));
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)), 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(side_send(&pair.client, 7, 100, 1), OV_OK);
    pair_until_frames(&pair, &pair.server, 10);
    ov_stream_free(pair.client.stream);
    pair.client.stream = NULL;
    pair_until(&pair, &pair.server.closed);
    assert_int_equal(pair.server.why.status, OV_ERR_CLOSED);
    pair_done(&pair);
}

static void pause_after_each(struct side *side, const uint8_t *body, size_t size)
{
    (void)body;
    (void)size;
    ov_stream_pause(side->stream);
}

static void a_paused_stream_delivers_nothing_and_loses_nothing(void **state)
{
    (void)state;
    pair_init(&pair, server_tls);
    pair.server.at_frame = pause_after_each;
    open_pair();
    for (int i = 0; i < 20; i++)
        assert_int_equal(side_send(&pair.client, 7, 20000, (uint8_t)i), OV_OK);
    for (size_t i = 1; i <= 20; i++) {
        pair_until_frames(&pair, &pair.server, i);
        pair_spin(&pair, 5);
        assert_int_equal(pair.server.frame_count, i);
        assert_int_equal(pair.server.first_byte[i - 1], i - 1);
        ov_stream_resume(pair.server.stream);
    }
    pair_done(&pair);
}

static void a_peer_that_does_not_read_is_dropped(void **state)
{
    (void)state;
    pair_init(&pair, server_tls);
    pair.limits.output_max_bytes = 300000;
    open_pair();
    ov_stream_pause(pair.client.stream);
    enum ov_status status = OV_OK;
    for (int i = 0; i < 2000 && status == OV_OK; i++) {
        status = side_send(&pair.server, 7, 100000, 1);
        if (i % 2 == 1)
            (void)event_base_loop(pair.base, EVLOOP_NONBLOCK);
    }
    assert_int_equal(status, OV_ERR_LIMIT);
    assert_false(pair.server.closed); /* not from inside the call */
    assert_int_equal(side_send(&pair.server, 7, 1, 1), OV_ERR_CLOSED);
    pair_until(&pair, &pair.server.closed);
    assert_string_equal(pair.server.why.code, "stream.slow_reader");
    pair_done(&pair);
}

static enum ov_status check_like_a_server(struct side *side, const struct ov_frame_header *header,
                                          struct ov_error *err)
{
    enum ov_status status = ov_frame_check(header, OV_FROM_CLIENT, OV_SESSION_GREETING, err);
    if (status == OV_OK)
        return OV_OK;
    struct ov_error_message message = {0};
    struct ov_secret frame = OV_SECRET_INIT;
    (void)snprintf(message.code, sizeof(message.code), "%s", err->code);
    (void)snprintf(message.text, sizeof(message.text), "%s", err->text);
    assert_int_equal(ov_error_message_encode(&message, &frame), OV_OK);
    assert_int_equal(ov_stream_send(side->stream, &frame), OV_OK);
    ov_secret_free(&frame);
    return status;
}

static void keep_sending(struct side *side)
{
    assert_int_equal(side_send(side, OV_FRAME_HELLO, 65537, 'h'), OV_OK);
    for (int i = 0; i < 8; i++) /* unread bytes must not turn the server's answer into a reset */
        assert_int_equal(side_send(side, OV_FRAME_PROBE_BATCH, 100000, 'p'), OV_OK);
}

static void a_frame_too_long_is_refused_by_its_header_and_the_peer_is_told(void **state)
{
    (void)state;
    pair_init(&pair, server_tls);
    pair.server.at_check = check_like_a_server;
    pair.client.at_open = keep_sending;
    pair_connect(&pair, client_tls, "127.0.0.1");
    pair_until(&pair, &pair.server.closed);
    assert_int_equal(pair.server.frame_count, 0);
    assert_int_equal(pair.server.checked, 1);
    assert_string_equal(pair.server.why.code, "frame.too_long");
    pair_until(&pair, &pair.client.closed);
    assert_int_equal(pair.client.frame_count, 1);
    assert_int_equal(pair.client.types[0], OV_FRAME_ERROR);
    pair_done(&pair);
}

static enum ov_status refuse_without_words(struct side *side, const struct ov_frame_header *header,
                                           struct ov_error *err)
{
    (void)side;
    (void)header;
    (void)err;
    return OV_ERR_PROTOCOL;
}

static void a_refusal_without_an_error_is_given_one(void **state)
{
    (void)state;
    pair_init(&pair, server_tls);
    pair.server.at_check = refuse_without_words;
    open_pair();
    assert_int_equal(side_send(&pair.client, OV_FRAME_PING, 10, 0), OV_OK);
    pair_until(&pair, &pair.server.closed);
    assert_int_equal(pair.server.why.status, OV_ERR_PROTOCOL);
    assert_string_equal(pair.server.why.code, "frame.refused");
    pair_done(&pair);
}

/* ---- a client below the level of streams ---- */

struct raw {
    int port;
    size_t count; /* whole frames to send ... */
    size_t extra; /* ... and bytes of one more */
    bool say_nothing;
    pthread_t thread;
};

static int raw_socket(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        abort();
    return fd;
}

/* Byte by byte, each in a TLS record of its own; then the socket closes without close_notify. */
static void *raw_thread(void *arg)
{
    static const uint8_t frame[] = {0, 0, 0, 3, 0, 50, 'a', 'b', 'c'};
    const struct raw *raw = arg;
    int fd = raw_socket(raw->port);
    SSL *ssl = SSL_new(client_tls);
    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1 || SSL_connect(ssl) != 1)
        abort();
    for (size_t i = 0; i < raw->count * sizeof(frame) + raw->extra; i++) {
        if (SSL_write(ssl, frame + i % sizeof(frame), 1) != 1)
            abort();
    }
    SSL_free(ssl);
    (void)close(fd);
    return NULL;
}

static void run_raw(struct raw *raw)
{
    pair_init(&pair, server_tls);
    raw->port = pair.port;
    assert_int_equal(pthread_create(&raw->thread, NULL, raw_thread, raw), 0);
    pair_until(&pair, &pair.server.closed);
    assert_int_equal(pthread_join(raw->thread, NULL), 0);
}

static void frames_cut_into_single_bytes_arrive_whole(void **state)
{
    (void)state;
    struct raw raw = {.count = 50};
    run_raw(&raw);
    assert_int_equal(pair.server.frame_count, 50);
    assert_int_equal(pair.server.sizes[49], 3);
    assert_int_equal(pair.server.why.status, OV_ERR_CLOSED); /* no close_notify: just gone */
    assert_string_equal(pair.server.why.code, "stream.closed");
    pair_done(&pair);
}

static void an_end_in_the_middle_of_a_frame_is_no_frame(void **state)
{
    (void)state;
    struct raw raw = {.count = 2, .extra = 8};
    run_raw(&raw);
    assert_int_equal(pair.server.frame_count, 2);
    assert_int_equal(pair.server.why.status, OV_ERR_CLOSED);
    assert_string_equal(pair.server.why.code, "stream.cut");
    pair_done(&pair);
}

static void a_handshake_that_stops_is_timed_out(void **state)
{
    (void)state;
    pair_init(&pair, server_tls);
    pair.limits.handshake_ms = 60;
    int fd = raw_socket(pair.port); /* and never says a word */
    pair_until(&pair, &pair.server.closed);
    assert_int_equal(pair.server.why.status, OV_ERR_TIMEOUT);
    assert_string_equal(pair.server.why.code, "tls.timeout");
    (void)close(fd);
    pair_done(&pair);
}

static void a_server_that_never_answers_is_timed_out(void **state)
{
    (void)state;
    pair_init(&pair, server_tls);
    (void)event_del(pair.listen_event); /* the kernel accepts, nobody else does */
    pair.limits.handshake_ms = 60;
    pair_connect(&pair, client_tls, "127.0.0.1");
    pair_until(&pair, &pair.client.closed);
    assert_string_equal(pair.client.why.code, "tls.timeout");
    pair_done(&pair);
}

static void bytes_that_are_no_tls_end_the_connection(void **state)
{
    (void)state;
    static const char text[] = "GET / HTTP/1.0\r\n\r\n";
    pair_init(&pair, server_tls);
    int fd = raw_socket(pair.port);
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    pair_until(&pair, &pair.server.closed);
    assert_false(pair.server.opened);
    assert_string_equal(pair.server.why.code, "tls.broken");
    (void)close(fd);
    pair_done(&pair);
}

/* ---- freeing from inside events ---- */

static void free_it(struct side *side)
{
    ov_stream_free(side->stream);
    side->stream = NULL;
}

static void free_in_frame(struct side *side, const uint8_t *body, size_t size)
{
    free_it(side);
    assert_int_equal(body[size - 1], 'z'); /* still there for the rest of the call */
}

static enum ov_status free_in_check(struct side *side, const struct ov_frame_header *header,
                                    struct ov_error *err)
{
    (void)header;
    (void)err;
    free_it(side);
    return OV_OK;
}

static void expect_client_sees_the_end(void)
{
    pair_connect(&pair, client_tls, "127.0.0.1");
    pair_until(&pair, &pair.client.opened);
    (void)side_send(&pair.client, OV_FRAME_PING, 40, 'z');
    (void)side_send(&pair.client, OV_FRAME_PING, 40, 'z');
    pair_until(&pair, &pair.client.closed);
    assert_null(pair.server.stream);
    assert_int_equal(pair.client.why.status, OV_ERR_CLOSED);
    assert_non_null(strstr(pair.client.why.text, "before it sent anything"));
    pair_done(&pair);
}

static void a_stream_may_be_freed_inside_any_event(void **state)
{
    (void)state;
    pair_init(&pair, server_tls);
    pair.server.at_open = free_it;
    expect_client_sees_the_end();
    pair_init(&pair, server_tls);
    pair.server.at_frame = free_in_frame;
    expect_client_sees_the_end();
    assert_int_equal(pair.server.frame_count, 1);
    pair_init(&pair, server_tls);
    pair.server.at_check = free_in_check;
    expect_client_sees_the_end();
    assert_int_equal(pair.server.frame_count, 0);
    pair_init(&pair, server_tls);
    pair.server.at_close = free_it;
    pair.client.at_close = free_it;
    open_pair();
    ov_stream_finish(pair.client.stream);
    pair_until(&pair, &pair.server.closed);
    pair_until(&pair, &pair.client.closed);
    pair_done(&pair);
}

static void finish_in_frame(struct side *side, const uint8_t *body, size_t size)
{
    assert_int_equal(side_send(side, OV_FRAME_ERROR, 10, 'e'), OV_OK);
    ov_stream_finish(side->stream);
    assert_int_equal(body[size - 1], 'z');
}

static void finishing_inside_a_frame_delivers_no_other(void **state)
{
    (void)state;
    pair_init(&pair, server_tls);
    pair.server.at_frame = finish_in_frame;
    open_pair();
    for (int i = 0; i < 5; i++)
        assert_int_equal(side_send(&pair.client, OV_FRAME_PING, 40, 'z'), OV_OK);
    pair_until(&pair, &pair.server.closed);
    pair_until(&pair, &pair.client.closed);
    assert_int_equal(pair.server.frame_count, 1);
    assert_int_equal(pair.client.frame_count, 1);
    assert_string_equal(pair.client.why.code, "stream.closed");
    pair_done(&pair);
}

/* ---- what is left in memory ---- */

#define MARK_BYTES 48
#define REGION_MAX ((size_t)1 << 30) /* larger ones are a sanitizer's own */

static uint8_t
    inverted_mark[MARK_BYTES]; /* never the mark itself, or the scan would find it here */

static bool is_mark(const uint8_t *at)
{
    for (size_t i = 0; i < MARK_BYTES; i++) {
        if ((at[i] ^ inverted_mark[i]) != 0xff)
            return false;
    }
    return true;
}

static size_t marks_in_region(int memory, uint64_t from, uint64_t to)
{
    static uint8_t window[1 << 16];
    size_t found = 0;
    while (to - from >= MARK_BYTES) {
        size_t want = to - from < sizeof(window) ? (size_t)(to - from) : sizeof(window);
        ssize_t got = pread(memory, window, want, (off_t)from);
        if (got < MARK_BYTES)
            break;
        const uint8_t *end = window + got - MARK_BYTES + 1;
        const uint8_t *at = memchr(window, inverted_mark[0] ^ 0xff, (size_t)(end - window));
        while (at != NULL) {
            found += is_mark(at) ? 1 : 0;
            at++;
            at = memchr(at, inverted_mark[0] ^ 0xff, (size_t)(end - at));
        }
        from += (size_t)got == want && want < sizeof(window) ? want : (size_t)got - MARK_BYTES + 1;
    }
    ov_wipe(window, sizeof(window));
    return found;
}

/* How often the mark is anywhere in this process's writable memory. */
static size_t marks_in_memory(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    char line[512];
    size_t found = 0;
    assert_non_null(maps);
    assert_true(memory >= 0);
    while (fgets(line, sizeof(line), maps) != NULL) {
        char *end = NULL;
        uint64_t from = strtoull(line, &end, 16); /* "from-to rw-p ..." */
        uint64_t to = *end == '-' ? strtoull(end + 1, &end, 16) : 0;
        if (to > from && strncmp(end, " rw", 3) == 0 && to - from <= REGION_MAX)
            found += marks_in_region(memory, from, to);
    }
    (void)fclose(maps);
    (void)close(memory);
    return found;
}

/* A frame with the mark at its start, its middle and its end. */
static void send_marked(struct side *side, size_t size)
{
    struct ov_secret frame = OV_SECRET_INIT;
    struct ov_frame_header header = {.length = (uint32_t)size, .type = OV_FRAME_CROP};
    assert_int_equal(ov_secret_new(&frame, OV_FRAME_HEADER_BYTES + size), OV_OK);
    ov_frame_header_write(frame.data, &header);
    uint8_t *body = frame.data + OV_FRAME_HEADER_BYTES;
    for (size_t i = 0; i < MARK_BYTES; i++)
        body[i] = body[size / 2 + i] = body[size - MARK_BYTES + i] = (uint8_t)~inverted_mark[i];
    assert_true(marks_in_memory() >= 3); /* the scan does see it */
    assert_int_equal(ov_stream_send(side->stream, &frame), OV_OK);
    ov_secret_free(&frame);
}

/* ThreadSanitizer maps too much shadow memory for a scan to end in reasonable time. */
static bool can_scan(void)
{
#if defined(__SANITIZE_THREAD__)
    return false;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
    return false;
#else
    return true;
#endif
#else
    return true;
#endif
}

static void nothing_of_a_frame_is_left_in_memory_once_it_was_handled(void **state)
{
    (void)state;
    if (!can_scan())
        skip();
    static const size_t sizes[] = {200, 5000, 16384, 250000};
    ov_random(inverted_mark, sizeof(inverted_mark));
    inverted_mark[0] = 0x58; /* not 0xff: memory is full of zeros, and each would be looked at */
    pair_init(&pair, server_tls);
    open_pair();
    for (size_t i = 0; i < 4; i++) {
        send_marked(&pair.client, sizes[i]);
        pair_until_frames(&pair, &pair.server, i + 1);
        pair_spin(&pair, 10);
        assert_int_equal(marks_in_memory(), 0); /* both sides live in this process, still open */
    }
    pair_done(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_of_every_size_go_both_ways_in_order),
        cmocka_unit_test(a_name_is_resolved_and_checked),
        cmocka_unit_test(nobody_there_is_said_so),
        cmocka_unit_test(an_impossible_name_fails_and_a_pending_dial_can_be_freed),
        cmocka_unit_test(nothing_is_sent_before_the_stream_is_open),
        cmocka_unit_test(finishing_writes_out_everything_first),
        cmocka_unit_test(finishing_at_any_step_of_the_start_ends_the_stream),
        cmocka_unit_test(frames_that_had_arrived_are_delivered_before_the_end),
        cmocka_unit_test(a_reset_still_delivers_what_had_arrived),
        cmocka_unit_test(a_paused_stream_delivers_nothing_and_loses_nothing),
        cmocka_unit_test(a_peer_that_does_not_read_is_dropped),
        cmocka_unit_test(a_frame_too_long_is_refused_by_its_header_and_the_peer_is_told),
        cmocka_unit_test(a_refusal_without_an_error_is_given_one),
        cmocka_unit_test(frames_cut_into_single_bytes_arrive_whole),
        cmocka_unit_test(an_end_in_the_middle_of_a_frame_is_no_frame),
        cmocka_unit_test(a_handshake_that_stops_is_timed_out),
        cmocka_unit_test(a_server_that_never_answers_is_timed_out),
        cmocka_unit_test(bytes_that_are_no_tls_end_the_connection),
        cmocka_unit_test(a_stream_may_be_freed_inside_any_event),
        cmocka_unit_test(finishing_inside_a_frame_delivers_no_other),
        cmocka_unit_test(nothing_of_a_frame_is_left_in_memory_once_it_was_handled),
    };
    if (ov_net_init() != OV_OK)
        return 1;
    return cmocka_run_group_tests_name("stream", tests, set_up, tear_down);
}
