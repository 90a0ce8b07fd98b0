/* See scripted.h. */
#include "tests/integration/capture/scripted.h"

#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/face/image.h"
#include "common/net/init.h"

static int64_t utc_us(void)
{
    return ov_clock_utc_us(ov_clock_system());
}

static void send_frame(struct scripted *scripted, enum ov_status encoded,
                       struct ov_secret *take_frame)
{
    assert_int_equal(encoded, OV_OK);
    if (scripted->stream != NULL)
        (void)!ov_stream_send(scripted->stream, take_frame);
    ov_secret_free(take_frame);
}

void scripted_send_lease(struct scripted *scripted, uint64_t number, uint32_t valid_ms,
                         EVP_PKEY *key)
{
    struct ov_lease lease = {
        .deployment_id = scripted->deployment, .number = number, .valid_ms = valid_ms};
    struct ov_secret frame = OV_SECRET_INIT;
    uint8_t text[OV_LEASE_SIGNED_BYTES];
    size_t size = sizeof(lease.signature);
    ov_lease_signed_bytes(&lease, &scripted->hello.run_id, text);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, lease.signature, &size, text, sizeof(text)), 1);
    EVP_MD_CTX_free(ctx);
    send_frame(scripted, ov_lease_encode(&lease, &frame), &frame);
}

void scripted_send_state(struct scripted *scripted, enum ov_phase phase, const char *reason)
{
    struct ov_deployment_state state = {.phase = phase, .threshold = 0.5f};
    struct ov_secret frame = OV_SECRET_INIT;
    (void)snprintf(state.reason, sizeof(state.reason), "%s", reason);
    send_frame(scripted, ov_deployment_state_encode(&state, &frame), &frame);
}

void scripted_send_ack(struct scripted *scripted, uint64_t batch, const uint64_t *alerted,
                       size_t count)
{
    struct ov_batch_ack ack = {.batch = batch, .credit = scripted->credit};
    struct ov_secret frame = OV_SECRET_INIT;
    for (size_t i = 0; i < count; i++)
        ack.alerted[ack.alerted_count++] = alerted[i];
    scripted->outstanding = 0;
    send_frame(scripted, ov_batch_ack_encode(&ack, &frame), &frame);
}

static struct ov_id alert_id(uint64_t sequence)
{
    struct ov_id id = {{0xa1}};
    ov_write_be64(id.bytes + 8, sequence);
    return id;
}

void scripted_send_alert(struct scripted *scripted, const struct ov_id *run, uint64_t sequence)
{
    struct ov_alert alert;
    struct ov_secret frame = OV_SECRET_INIT;
    memset(&alert, 0, sizeof(alert));
    alert.alert_id = alert_id(sequence);
    alert.feed_number = sequence;
    alert.run_id = *run;
    alert.sequence = sequence;
    (void)snprintf(alert.camera, sizeof(alert.camera), "cam1");
    alert.captured_at_us = utc_us() - OV_US_PER_S / 2;
    alert.raised_at_us = utc_us();
    (void)snprintf(alert.category, sizeof(alert.category), "volunteer");
    (void)snprintf(alert.response, sizeof(alert.response), "say hello");
    assert_int_equal(ov_secret_copy(&alert.display_name, "Jane Nobody", 11), OV_OK);
    alert.has_score = true;
    alert.score = 0.625f;
    alert.threshold = 0.5f;
    scripted->alerts_sent++;
    send_frame(scripted, ov_alert_encode(&alert, &frame), &frame);
    ov_alert_done(&alert);
}

void scripted_send_crop_request(struct scripted *scripted, const struct ov_id *run,
                                uint64_t sequence)
{
    const struct ov_crop_request request = {alert_id(sequence), *run, sequence};
    struct ov_secret frame = OV_SECRET_INIT;
    send_frame(scripted, ov_crop_request_encode(&request, &frame), &frame);
}

void scripted_send_error(struct scripted *scripted, const char *code, const char *text)
{
    struct ov_error_message error;
    struct ov_secret frame = OV_SECRET_INIT;
    memset(&error, 0, sizeof(error));
    (void)snprintf(error.code, sizeof(error.code), "%s", code);
    (void)snprintf(error.text, sizeof(error.text), "%s", text);
    send_frame(scripted, ov_error_message_encode(&error, &frame), &frame);
}

void scripted_send_raw(struct scripted *scripted, uint16_t type, const void *body, size_t size)
{
    struct ov_secret frame = OV_SECRET_INIT;
    const struct ov_frame_header header = {(uint32_t)size, type};
    assert_int_equal(ov_secret_new(&frame, size + OV_FRAME_HEADER_BYTES), OV_OK);
    ov_frame_header_write(frame.data, &header);
    memcpy(frame.data + OV_FRAME_HEADER_BYTES, body, size);
    send_frame(scripted, OV_OK, &frame);
}

/* --- what the client says --------------------------------------------------------------------- */

static void send_own_lease(struct scripted *scripted)
{
    scripted->leased_at_us = ov_clock_mono_us(ov_clock_system());
    if (scripted->lease_ms > 0)
        scripted_send_lease(scripted, ++scripted->lease_number, scripted->lease_ms,
                            scripted->lease_key);
}

static void send_welcome(struct scripted *scripted)
{
    struct ov_welcome welcome;
    struct ov_secret frame = OV_SECRET_INIT;
    size_t size = sizeof(welcome.lease_key);
    memset(&welcome, 0, sizeof(welcome));
    welcome.protocol = OV_PROTOCOL_VERSION;
    (void)snprintf(welcome.site, sizeof(welcome.site), "north");
    welcome.deployment_id = scripted->deployment;
    (void)snprintf(welcome.deployment_name, sizeof(welcome.deployment_name), "trial");
    welcome.exercise = scripted->exercise;
    welcome.threshold = 0.5f;
    welcome.credit = scripted->credit;
    assert_int_equal(EVP_PKEY_get_raw_public_key(scripted->lease_key, welcome.lease_key, &size), 1);
    welcome.server_time_us = utc_us();
    welcome.gate = *ov_quality_gate_probe();
    welcome.min_face_px = 24;
    if (scripted->zone.count > 0) {
        welcome.zone_count = 1;
        welcome.zones[0].zone = scripted->zone;
        (void)snprintf(welcome.zones[0].camera, OV_CAMERA_NAME_SIZE, "cam1");
    }
    send_frame(scripted, ov_welcome_encode(&welcome, &frame), &frame);
    scripted->is_open = true;
    send_own_lease(scripted);
}

static void on_hello(struct scripted *scripted, const uint8_t *body, size_t size)
{
    assert_int_equal(ov_hello_decode(body, size, &scripted->hello, NULL), OV_OK);
    if (scripted->sessions++ == 0)
        scripted->first_run = scripted->hello.run_id;
    scripted->lease_number = 0;
    scripted->last_batch = 0;
    scripted->outstanding = 0;
    if (scripted->refuse_code != NULL) {
        scripted_send_error(scripted, scripted->refuse_code, "the reason, in a sentence");
        ov_stream_finish(scripted->stream);
    } else if (!scripted->mute) {
        send_welcome(scripted);
    }
}

static void note_batch(struct scripted *scripted, const struct ov_probe_batch *batch)
{
    assert_true(batch->batch > scripted->last_batch);
    scripted->last_batch = batch->batch;
    scripted->last_batch_size = batch->count;
    scripted->outstanding += batch->count;
    if (scripted->outstanding > scripted->outstanding_most)
        scripted->outstanding_most = scripted->outstanding;
    for (size_t i = 0; i < batch->count; i++) {
        assert_true(scripted->probes < SCRIPTED_PROBES_MAX);
        const struct ov_probe *probe = &batch->probes[i];
        scripted->sequences[scripted->probes++] = probe->sequence;
        scripted->last_face =
            (struct ov_zone_face){probe->box_left,   probe->box_top,     probe->box_width,
                                  probe->box_height, probe->frame_width, probe->frame_height};
    }
}

static void on_probes(struct scripted *scripted, const uint8_t *body, size_t size)
{
    struct ov_probe_batch batch = {0};
    uint64_t alerted[OV_BATCH_PROBES_MAX];
    size_t count = 0;
    assert_int_equal(ov_probe_batch_decode(body, size, scripted->hello.dimension, &batch, NULL),
                     OV_OK);
    note_batch(scripted, &batch);
    for (size_t i = 0; i < batch.count && scripted->acks; i++) {
        uint64_t sequence = batch.probes[i].sequence;
        if (sequence > scripted->alert_first)
            continue;
        alerted[count++] = sequence;
        scripted_send_alert(scripted, &scripted->hello.run_id, sequence);
        if (scripted->asks_for_crop)
            scripted_send_crop_request(scripted, &scripted->hello.run_id, sequence);
    }
    if (scripted->acks)
        scripted_send_ack(scripted, batch.batch, alerted, count);
    ov_probe_batch_done(&batch);
}

static void on_crop(struct scripted *scripted, const uint8_t *body, size_t size)
{
    struct ov_crop crop = {.sequence = 0};
    assert_int_equal(ov_crop_decode(body, size, &crop, NULL), OV_OK);
    if (crop.jpeg.size == 0) {
        scripted->empty_crops++;
    } else {
        scripted->crops++;
        assert_int_equal(ov_jpeg_size(crop.jpeg.data, crop.jpeg.size, &scripted->crop_width,
                                      &scripted->crop_height, NULL),
                         OV_OK);
    }
    ov_crop_done(&crop);
}

static void on_counts(struct scripted *scripted, const uint8_t *body, size_t size)
{
    struct ov_counts_ack ack;
    struct ov_secret frame = OV_SECRET_INIT;
    memset(&ack, 0, sizeof(ack));
    assert_int_equal(ov_counts_decode(body, size, &scripted->last_counts, NULL), OV_OK);
    scripted->counts++;
    ack.run_id = scripted->last_counts.run_id;
    ack.minute_us = scripted->last_counts.minute_us;
    (void)snprintf(ack.camera, sizeof(ack.camera), "%s", scripted->last_counts.camera);
    send_frame(scripted, ov_counts_ack_encode(&ack, &frame), &frame);
}

static void on_ping(struct scripted *scripted, const uint8_t *body, size_t size)
{
    struct ov_ping ping;
    struct ov_secret frame = OV_SECRET_INIT;
    assert_int_equal(ov_ping_decode(body, size, &ping, NULL), OV_OK);
    scripted->pings++;
    const struct ov_pong pong = {ping.number, ping.sent_at_us, utc_us()};
    send_frame(scripted, ov_pong_encode(&pong, &frame), &frame);
}

static void on_pause_request(struct scripted *scripted, const uint8_t *body, size_t size)
{
    assert_int_equal(ov_pause_request_decode(body, size, &scripted->last_pause, NULL), OV_OK);
    assert_true(ov_id_equal(&scripted->last_pause.deployment_id, &scripted->deployment));
    scripted->pauses++;
}

static void on_error(struct scripted *scripted, const uint8_t *body, size_t size)
{
    struct ov_error_message error;
    assert_int_equal(ov_error_message_decode(body, size, &error, NULL), OV_OK);
    (void)snprintf(scripted->error_code, sizeof(scripted->error_code), "%s", error.code);
}

/* --- connection ------------------------------------------------------------------------------- */

static void on_open(void *ctx, const struct ov_peer *peer)
{
    (void)ctx;
    assert_string_equal(peer->name, "north");
}

static enum ov_status check_frame(void *ctx, const struct ov_frame_header *header,
                                  struct ov_error *err)
{
    const struct scripted *scripted = ctx;
    enum ov_session_state state = scripted->is_open ? OV_SESSION_OPEN : OV_SESSION_GREETING;
    return ov_frame_check(header, OV_FROM_CLIENT, state, err);
}

static void on_frame(void *ctx, uint16_t type, const uint8_t *body, size_t size)
{
    static const struct {
        enum ov_frame_type type;
        void (*handle)(struct scripted *scripted, const uint8_t *body, size_t size);
    } handlers[] = {
        {OV_FRAME_HELLO, on_hello},
        {OV_FRAME_PROBE_BATCH, on_probes},
        {OV_FRAME_CROP, on_crop},
        {OV_FRAME_COUNTS, on_counts},
        {OV_FRAME_PING, on_ping},
        {OV_FRAME_ERROR, on_error},
        {OV_FRAME_PAUSE_REQUEST, on_pause_request},
    };
    struct scripted *scripted = ctx;
    scripted->alert_acks += type == OV_FRAME_ALERT_ACK;
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        if (handlers[i].type == type)
            handlers[i].handle(scripted, body, size);
    }
}

static void on_closed(void *ctx, const struct ov_error *err)
{
    (void)err;
    scripted_cut(ctx);
}

void scripted_cut(struct scripted *scripted)
{
    ov_stream_free(scripted->stream);
    scripted->stream = NULL;
    scripted->is_open = false;
}

static void on_connection(evutil_socket_t listen_fd, short what, void *ctx)
{
    static const struct ov_stream_events events = {on_open, check_frame, on_frame, on_closed};
    static const struct ov_stream_limits limits = {8u << 20, 5000};
    struct scripted *scripted = ctx;
    (void)what;
    int fd = accept(listen_fd, NULL, NULL);
    if (fd < 0)
        return;
    assert_int_equal(evutil_make_socket_nonblocking(fd), 0);
    scripted_cut(scripted);
    assert_int_equal(ov_stream_accept(scripted->base, scripted->tls, fd, &limits, &events, scripted,
                                      &scripted->stream, NULL),
                     OV_OK);
}

static int listen_on_loopback(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

void scripted_new(struct scripted *scripted, const char *pki_dir)
{
    char paths[4][PATH_MAX];
    static const char *const names[] = {"ca.pem", "crl.pem", "server-localhost/cert.pem",
                                        "server-localhost/key.pem"};
    assert_int_equal(ov_net_init(), OV_OK);
    memset(scripted, 0, sizeof(*scripted));
    for (size_t i = 0; i < 4; i++)
        (void)snprintf(paths[i], sizeof(paths[i]), "%s/%s", pki_dir, names[i]);
    const struct ov_tls_files files = {paths[0], paths[1], paths[2], paths[3]};
    struct ov_error err = OV_ERROR_INIT;
    if (ov_tls_server_new(&files, OV_ALPN_CAPTURE, &scripted->tls, &err) != OV_OK)
        fail_msg("%s", err.text);
    scripted->exercise = true;
    scripted->credit = 256;
    scripted->lease_ms = 30000;
    scripted->acks = true;
    scripted->deployment = ov_id_new();
    scripted->lease_key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    scripted->base = event_base_new();
    scripted->listen_fd = listen_on_loopback(&scripted->port);
    scripted->listen_event = event_new(scripted->base, scripted->listen_fd, EV_READ | EV_PERSIST,
                                       on_connection, scripted);
    assert_int_equal(event_add(scripted->listen_event, NULL), 0);
}

void scripted_free(struct scripted *scripted)
{
    scripted_cut(scripted);
    event_free(scripted->listen_event);
    (void)close(scripted->listen_fd);
    event_base_free(scripted->base);
    EVP_PKEY_free(scripted->lease_key);
    SSL_CTX_free(scripted->tls);
}

static void spin_once(struct scripted *scripted)
{
    const struct timeval tick = {0, 10000};
    int64_t leased_for_us = ov_clock_mono_us(ov_clock_system()) - scripted->leased_at_us;
    if (scripted->is_open && scripted->lease_ms >= 30000 && leased_for_us > 10 * OV_US_PER_S)
        send_own_lease(scripted);
    assert_int_equal(event_base_loopexit(scripted->base, &tick), 0);
    assert_true(event_base_dispatch(scripted->base) >= 0);
}

void scripted_spin(struct scripted *scripted, int ms)
{
    int64_t until_us = ov_clock_mono_us(ov_clock_system()) + ms * OV_US_PER_MS;
    while (ov_clock_mono_us(ov_clock_system()) < until_us)
        spin_once(scripted);
}

void scripted_until(struct scripted *scripted, bool (*done)(const struct scripted *scripted),
                    int limit_ms)
{
    int64_t until_us = ov_clock_mono_us(ov_clock_system()) + limit_ms * OV_US_PER_MS;
    while (!done(scripted)) {
        if (ov_clock_mono_us(ov_clock_system()) > until_us)
            fail_msg("nothing came within %d ms (%d sessions, %zu probes, %d acks, %d crops)",
                     limit_ms, scripted->sessions, scripted->probes, scripted->alert_acks,
                     scripted->crops);
        spin_once(scripted);
    }
}
