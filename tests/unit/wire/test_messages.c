/* Every message there and back, and every way in which one can be wrong. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/bytes.h"
#include "tests/unit/wire/samples.h"

static const uint8_t *body_of(const struct ov_secret *frame, size_t *ret_size)
{
    *ret_size = frame->size - OV_FRAME_HEADER_BYTES;
    return frame->data + OV_FRAME_HEADER_BYTES;
}

/* ---- all of them alike ---- */

static void a_frame_has_its_header_and_comes_back_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        struct ov_secret frame = OV_SECRET_INIT;
        struct ov_secret again = OV_SECRET_INIT;
        struct ov_frame_header header;
        struct ov_error err = OV_ERROR_INIT;
        size_t size = 0;
        assert_int_equal(families[i].sample(&frame), OV_OK);
        ov_frame_header_read(frame.data, &header);
        const uint8_t *body = body_of(&frame, &size);
        assert_int_equal(header.type, families[i].type);
        assert_int_equal(header.length, size);
        assert_true(size <= ov_frame_max_bytes(header.type));
        if (families[i].recode(body, size, &again, &err) != OV_OK)
            fail_msg("%s: %s %s", ov_frame_type_name(header.type), err.code, err.text);
        if (families[i].type != OV_FRAME_PROBE_BATCH) /* descriptors are renormalised */
            assert_true(ov_secret_equal(&frame, &again));
        ov_secret_free(&frame);
        ov_secret_free(&again);
    }
}

/* A cut may fall between fields and leave a shorter message that is valid: never the same one. */
static void a_message_cut_at_any_length_is_never_taken_for_the_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        struct ov_secret frame = OV_SECRET_INIT;
        size_t size = 0;
        size_t refused = 0;
        assert_int_equal(families[i].sample(&frame), OV_OK);
        const uint8_t *body = body_of(&frame, &size);
        for (size_t length = 0; length < size; length++) {
            struct ov_secret again = OV_SECRET_INIT;
            struct ov_error err = OV_ERROR_INIT;
            uint8_t *exact = malloc(length + 1); /* so that reading past the end is seen */
            memcpy(exact, body, length);
            enum ov_status status = families[i].recode(exact, length, &again, &err);
            if (status != OV_OK) {
                assert_int_equal(status, OV_ERR_PROTOCOL);
                assert_true(err.code[0] != '\0');
                refused++;
            } else {
                assert_false(ov_secret_equal(&frame, &again));
            }
            free(exact);
            ov_secret_free(&again);
        }
        assert_true(refused * 2 > size);
        ov_secret_free(&frame);
    }
}

static void a_message_longer_than_its_type_may_be_is_not_even_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        size_t size = (size_t)ov_frame_max_bytes(families[i].type) + 1;
        uint8_t *zeros = calloc(1, size);
        struct ov_secret again = OV_SECRET_INIT;
        struct ov_error err = OV_ERROR_INIT;
        assert_int_equal(families[i].recode(zeros, size, &again, &err), OV_ERR_PROTOCOL);
        assert_string_equal(err.code, "frame.too_long");
        free(zeros);
    }
}

static void bytes_that_are_no_protobuf_are_refused(void **state)
{
    (void)state;
    static const uint8_t junk[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        struct ov_secret again = OV_SECRET_INIT;
        struct ov_error err = OV_ERROR_INIT;
        assert_int_equal(families[i].recode(junk, sizeof(junk), &again, &err), OV_ERR_PROTOCOL);
        assert_string_equal(err.code, "message.format");
        if (families[i].type == OV_FRAME_BATCH_ACK)
            continue; /* nothing at all is its batch 0 without alerts */
        assert_int_equal(families[i].recode(junk, 0, &again, NULL), OV_ERR_PROTOCOL);
    }
}

/* A newer peer may say more than we know. */
static void fields_that_are_not_known_are_passed_over(void **state)
{
    (void)state;
    static const uint8_t newer[] = {0xc0, 0x3e, 0x2a,                 /* field 1000: a number */
                                    0xca, 0x3e, 0x03, 'n', 'e', 'w'}; /* field 1001: bytes */
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        struct ov_secret frame = OV_SECRET_INIT;
        struct ov_secret again = OV_SECRET_INIT;
        size_t size = 0;
        assert_int_equal(families[i].sample(&frame), OV_OK);
        const uint8_t *body = body_of(&frame, &size);
        uint8_t *longer = malloc(size + sizeof(newer));
        memcpy(longer, body, size);
        memcpy(longer + size, newer, sizeof(newer));
        assert_int_equal(families[i].recode(longer, size + sizeof(newer), &again, NULL), OV_OK);
        free(longer);
        ov_secret_free(&frame);
        ov_secret_free(&again);
    }
}

/* ---- single fields ---- */

/* Encoding refuses what decoding would: the rules are the same functions. */
#define REFUSES(kind, make, change)                                                                \
    do {                                                                                           \
        struct ov_##kind m = make();                                                               \
        struct ov_secret made = OV_SECRET_INIT;                                                    \
        change;                                                                                    \
        assert_int_equal(ov_##kind##_encode(&m, &made), OV_ERR_INVALID);                           \
        assert_null(made.data);                                                                    \
    } while (0)

#define ACCEPTS(kind, make, change)                                                                \
    do {                                                                                           \
        struct ov_##kind m = make();                                                               \
        struct ov_##kind out;                                                                      \
        struct ov_secret made = OV_SECRET_INIT;                                                    \
        size_t size = 0;                                                                           \
        change;                                                                                    \
        assert_int_equal(ov_##kind##_encode(&m, &made), OV_OK);                                    \
        const uint8_t *body = body_of(&made, &size);                                               \
        assert_int_equal(ov_##kind##_decode(body, size, &out, NULL), OV_OK);                       \
        ov_secret_free(&made);                                                                     \
    } while (0)

static void fill(char *text, size_t size, char with)
{
    memset(text, with, size - 1);
    text[size - 1] = '\0';
}

static void hello_says_only_what_can_be(void **state)
{
    (void)state;
    REFUSES(hello, sample_hello, m.protocol = 0);
    REFUSES(hello, sample_hello, m.dimension = 0);
    REFUSES(hello, sample_hello, m.dimension = 1025);
    REFUSES(hello, sample_hello, m.source_kind = (enum ov_source_kind)0);
    REFUSES(hello, sample_hello, m.source_kind = (enum ov_source_kind)4);
    REFUSES(hello, sample_hello, m.software[0] = '\n');
    REFUSES(hello, sample_hello, memset(m.software, 'a', sizeof(m.software)));
    ACCEPTS(hello, sample_hello, m.names_deployment = false);
    ACCEPTS(hello, sample_hello, m.protocol = 2); /* the server answers that, not the codec */
    ACCEPTS(hello, sample_hello, fill(m.software, sizeof(m.software), 'z'));
}

static void hello_names_cameras_well_and_once(void **state)
{
    (void)state;
    REFUSES(hello, sample_hello, m.camera_count = 0);
    REFUSES(hello, sample_hello, m.camera_count = OV_CAMERAS_MAX + 1);
    REFUSES(hello, sample_hello, m.cameras[1][0] = '\0');
    REFUSES(hello, sample_hello, m.cameras[1][3] = '/');
    REFUSES(hello, sample_hello, m.cameras[1][3] = (char)0xc3);
    REFUSES(hello, sample_hello, memset(m.cameras[0], 'a', OV_CAMERA_NAME_SIZE));
    REFUSES(hello, sample_hello, memcpy(m.cameras[0], m.cameras[1], OV_CAMERA_NAME_SIZE));
    ACCEPTS(hello, sample_hello, fill(m.cameras[0], OV_CAMERA_NAME_SIZE, 'z'));
}

static void hello_keeps_all_it_was_given(void **state)
{
    (void)state;
    struct ov_hello in = sample_hello();
    struct ov_hello out;
    struct ov_secret frame = OV_SECRET_INIT;
    size_t size = 0;
    in.camera_count = OV_CAMERAS_MAX;
    for (int i = 0; i < OV_CAMERAS_MAX; i++)
        (void)snprintf(in.cameras[i], OV_CAMERA_NAME_SIZE, "camera-%d", i);
    assert_int_equal(ov_hello_encode(&in, &frame), OV_OK);
    const uint8_t *body = body_of(&frame, &size);
    assert_int_equal(ov_hello_decode(body, size, &out, NULL), OV_OK);
    assert_true(ov_id_equal(&in.run_id, &out.run_id));
    assert_true(out.names_deployment && ov_id_equal(&in.deployment_id, &out.deployment_id));
    assert_memory_equal(in.model_digest, out.model_digest, OV_DIGEST_BYTES);
    assert_int_equal(out.camera_count, OV_CAMERAS_MAX);
    assert_string_equal(out.cameras[15], "camera-15");
    assert_string_equal(out.software, in.software);
    ov_secret_free(&frame);
}

static void welcome_says_only_what_can_be(void **state)
{
    (void)state;
    REFUSES(welcome, sample_welcome, m.protocol = 0);
    REFUSES(welcome, sample_welcome, m.threshold = NAN);
    REFUSES(welcome, sample_welcome, m.threshold = 1.5f);
    REFUSES(welcome, sample_welcome, m.credit = UINT32_MAX);
    REFUSES(welcome, sample_welcome, m.server_time_us = 0);
    REFUSES(welcome, sample_welcome, m.server_time_us = INT64_MAX);
    REFUSES(welcome, sample_welcome, m.gate.max_yaw_deg = INFINITY);
    REFUSES(welcome, sample_welcome, m.gate.min_sharpness = -0.1f);
    REFUSES(welcome, sample_welcome, m.min_face_px = 70000);
    REFUSES(welcome, sample_welcome, m.site[2] = 0x7f);
    REFUSES(welcome, sample_welcome, m.deployment_name[0] = (char)0xff);
    ACCEPTS(welcome, sample_welcome, m.threshold = -1.0f);
    ACCEPTS(welcome, sample_welcome, m.credit = 0);
}

static void a_zone_is_a_polygon_of_one_camera(void **state)
{
    (void)state;
    REFUSES(welcome, sample_welcome, m.zone_count = OV_CAMERAS_MAX + 1);
    REFUSES(welcome, sample_welcome, m.zones[0].zone.count = 0);
    REFUSES(welcome, sample_welcome, m.zones[0].zone.count = 2);
    REFUSES(welcome, sample_welcome, m.zones[0].zone.count = OV_ZONE_POINTS_MAX + 1);
    REFUSES(welcome, sample_welcome, m.zones[1].zone.points[2].x = OV_ZONE_SCALE + 1);
    REFUSES(welcome, sample_welcome, m.zones[1].zone.points[1] = m.zones[1].zone.points[3]);
    REFUSES(welcome, sample_welcome, m.zones[1].camera[0] = '/');
    REFUSES(welcome, sample_welcome,
            memcpy(m.zones[1].camera, m.zones[0].camera, OV_CAMERA_NAME_SIZE));
    ACCEPTS(welcome, sample_welcome, m.zone_count = 0);
    ACCEPTS(welcome, sample_welcome, m.has_settings_digest = false);
}

/* Sixteen cameras with zones of thirty-two corners are within the limit of the type. */
static void the_largest_welcome_comes_through_as_it_was(void **state)
{
    (void)state;
    struct ov_welcome in = sample_welcome();
    struct ov_welcome out;
    struct ov_secret frame = OV_SECRET_INIT;
    size_t size = 0;
    in.zone_count = OV_CAMERAS_MAX;
    for (size_t i = 0; i < OV_CAMERAS_MAX; i++) {
        struct ov_camera_zone *named = &in.zones[i];
        memset(named, 0, sizeof(*named));
        memset(named->camera, 'c', OV_CAMERA_NAME_SIZE - 1);
        named->camera[0] = (char)('a' + (int)i);
        named->zone.count = OV_ZONE_POINTS_MAX;
        for (size_t p = 0; p < OV_ZONE_POINTS_MAX - 1; p++) /* a comb without gaps */
            named->zone.points[p] = (struct ov_zone_point){(uint16_t)(300 + 300 * p),
                                                           (uint16_t)(5000 - 2000 * (p % 2))};
        named->zone.points[OV_ZONE_POINTS_MAX - 1] = (struct ov_zone_point){5000, 9999};
    }
    fill(in.site, sizeof(in.site), 's');
    fill(in.deployment_name, sizeof(in.deployment_name), 'd');
    assert_int_equal(ov_welcome_encode(&in, &frame), OV_OK);
    const uint8_t *body = body_of(&frame, &size);
    assert_int_equal(ov_welcome_decode(body, size, &out, NULL), OV_OK);
    assert_int_equal(out.zone_count, OV_CAMERAS_MAX);
    for (size_t i = 0; i < OV_CAMERAS_MAX; i++)
        assert_true(ov_zone_equal(ov_welcome_zone(&out, in.zones[i].camera), &in.zones[i].zone));
    assert_int_equal(ov_welcome_zone(&out, "another")->count, 0);
    assert_memory_equal(out.settings_digest, in.settings_digest, OV_DIGEST_BYTES);
    ov_secret_free(&frame);
}

static void a_pause_names_its_deployment_and_its_time(void **state)
{
    (void)state;
    REFUSES(pause_request, sample_pause_request, m.pressed_at_us = 0);
    REFUSES(pause_request, sample_pause_request, m.pressed_at_us = INT64_MAX);
    ACCEPTS(pause_request, sample_pause_request, m.pressed_at_us++);
}

static void an_error_has_a_stable_code(void **state)
{
    (void)state;
    REFUSES(error_message, sample_error, m.code[0] = '\0');
    REFUSES(error_message, sample_error, m.code[0] = 'H');
    REFUSES(error_message, sample_error, memset(m.code, 'a', sizeof(m.code)));
    REFUSES(error_message, sample_error, m.text[3] = '\r');
    ACCEPTS(error_message, sample_error, fill(m.code, sizeof(m.code), 'a'));
    ACCEPTS(error_message, sample_error, fill(m.text, sizeof(m.text), 'a'));
    ACCEPTS(error_message, sample_error, m.text[0] = '\0');
}

static void acks_name_probes_of_one_batch(void **state)
{
    (void)state;
    REFUSES(batch_ack, sample_batch_ack, m.alerted_count = OV_BATCH_PROBES_MAX + 1);
    REFUSES(batch_ack, sample_batch_ack, m.alerted[1] = 0);
    REFUSES(batch_ack, sample_batch_ack, m.credit = UINT32_MAX);
    ACCEPTS(batch_ack, sample_batch_ack, m.alerted_count = 0);
    ACCEPTS(batch_ack, sample_batch_ack,
            for (size_t i = 0; i < OV_BATCH_PROBES_MAX; i++) m.alerted[m.alerted_count = i] =
                UINT64_MAX - i);
}

#define ALERT_REFUSES(change)                                                                      \
    do {                                                                                           \
        struct ov_alert m = sample_alert();                                                        \
        struct ov_secret frame = OV_SECRET_INIT;                                                   \
        change;                                                                                    \
        assert_int_equal(ov_alert_encode(&m, &frame), OV_ERR_INVALID);                             \
        ov_alert_done(&m);                                                                         \
    } while (0)

static void replace(struct ov_secret *secret, size_t size, int with)
{
    ov_secret_free(secret);
    assert_int_equal(ov_secret_new(secret, size), OV_OK);
    memset(secret->data, with, size);
}

static void an_alert_says_only_what_can_be(void **state)
{
    (void)state;
    ALERT_REFUSES(m.feed_number = 0);
    ALERT_REFUSES(m.sequence = 0);
    ALERT_REFUSES(m.camera[0] = ' ');
    ALERT_REFUSES(m.captured_at_us = -1);
    ALERT_REFUSES(m.raised_at_us = 0);
    ALERT_REFUSES(m.category[0] = '\t');
    ALERT_REFUSES(m.response[0] = (char)0x80);
    ALERT_REFUSES(m.score = NAN);
    ALERT_REFUSES(m.score = 1.1f);
    ALERT_REFUSES(m.threshold = INFINITY);
    ALERT_REFUSES(m.has_score = false); /* a score that nobody may see yet must not be sent */
    ALERT_REFUSES(replace(&m.display_name, OV_TEXT_SIZE, 'n'));
    ALERT_REFUSES(m.display_name.data[1] = 0);
    ALERT_REFUSES(m.display_name.data[1] = '\n');
    ALERT_REFUSES(replace(&m.reference_jpeg, OV_REFERENCE_JPEG_MAX + 1, 1));
}

static void the_largest_and_the_barest_alert_go_through(void **state)
{
    (void)state;
    struct ov_alert in = sample_alert();
    struct ov_alert out;
    struct ov_secret frame = OV_SECRET_INIT;
    size_t size = 0;
    replace(&in.reference_jpeg, OV_REFERENCE_JPEG_MAX, 0xd8);
    replace(&in.display_name, OV_TEXT_SIZE - 1, 'n');
    fill(in.category, sizeof(in.category), 'c');
    fill(in.response, sizeof(in.response), 'r');
    assert_int_equal(ov_alert_encode(&in, &frame), OV_OK);
    const uint8_t *body = body_of(&frame, &size);
    assert_int_equal(ov_alert_decode(body, size, &out, NULL), OV_OK);
    assert_true(ov_secret_equal(&in.reference_jpeg, &out.reference_jpeg));
    assert_true(ov_secret_equal(&in.display_name, &out.display_name));
    ov_alert_done(&out);
    ov_secret_free(&frame);
    ov_secret_free(&in.reference_jpeg);
    ov_secret_free(&in.display_name);
    in.has_score = false;
    in.score = 0.0f;
    assert_int_equal(ov_alert_encode(&in, &frame), OV_OK);
    body = body_of(&frame, &size);
    assert_int_equal(ov_alert_decode(body, size, &out, NULL), OV_OK);
    assert_null(out.display_name.data);
    assert_null(out.reference_jpeg.data);
    assert_false(out.has_score);
    ov_alert_done(&out);
    ov_alert_done(&out); /* harmless on an empty one */
    ov_secret_free(&frame);
}

static void crops_are_bounded_and_may_be_gone(void **state)
{
    (void)state;
    struct ov_crop in = sample_crop();
    struct ov_crop out;
    struct ov_secret frame = OV_SECRET_INIT;
    size_t size = 0;
    replace(&in.jpeg, OV_CROP_JPEG_MAX, 0xd8);
    assert_int_equal(ov_crop_encode(&in, &frame), OV_OK);
    const uint8_t *body = body_of(&frame, &size);
    assert_int_equal(ov_crop_decode(body, size, &out, NULL), OV_OK);
    assert_true(ov_secret_equal(&in.jpeg, &out.jpeg));
    ov_crop_done(&out);
    ov_secret_free(&frame);
    replace(&in.jpeg, OV_CROP_JPEG_MAX + 1, 0xd8);
    assert_int_equal(ov_crop_encode(&in, &frame), OV_ERR_INVALID);
    ov_crop_done(&in);
    assert_int_equal(ov_crop_encode(&in, &frame), OV_OK); /* empty: no longer there */
    body = body_of(&frame, &size);
    assert_int_equal(ov_crop_decode(body, size, &out, NULL), OV_OK);
    assert_null(out.jpeg.data);
    ov_secret_free(&frame);
    in.sequence = 0;
    assert_int_equal(ov_crop_encode(&in, &frame), OV_ERR_INVALID);
    REFUSES(crop_request, sample_crop_request, m.sequence = 0);
}

static void counts_belong_to_a_whole_minute_of_a_camera(void **state)
{
    (void)state;
    REFUSES(counts, sample_counts, m.minute_us += 1);
    REFUSES(counts, sample_counts, m.minute_us = 0);
    REFUSES(counts, sample_counts, m.minute_us = -INT64_C(60000000));
    REFUSES(counts, sample_counts, m.camera[0] = '\0');
    REFUSES(counts, sample_counts, m.rejected[OV_QUALITY_OK] = 1);
    REFUSES(counts_ack, sample_counts_ack, m.minute_us += 1000000);
    REFUSES(counts_ack, sample_counts_ack, m.camera[0] = '*');
    ACCEPTS(counts, sample_counts, memset(m.rejected, 0, sizeof(m.rejected)));
    ACCEPTS(counts, sample_counts, m.faces_seen = UINT32_MAX);
}

/* Appends one Rejected part, as a peer that does not use our encoder might. */
static void counts_refuse_reasons_that_are_unknown_or_repeated(void **state)
{
    (void)state;
    static const char *const reasons[] = {"too_small", "boredom", "ok", ""};
    struct ov_secret frame = OV_SECRET_INIT;
    struct ov_counts out;
    size_t size = 0;
    assert_int_equal(families[9].type, OV_FRAME_COUNTS);
    assert_int_equal(families[9].sample(&frame), OV_OK);
    const uint8_t *body = body_of(&frame, &size);
    for (size_t i = 0; i < 4; i++) {
        struct ov_buf longer = OV_BUF_INIT;
        struct ov_error err = OV_ERROR_INIT;
        uint8_t length = (uint8_t)strlen(reasons[i]);
        const uint8_t part[] = {0x32, (uint8_t)(length + 2), 0x0a, length};
        ov_buf_append(&longer, body, size);
        ov_buf_append(&longer, part, sizeof(part));
        ov_buf_append(&longer, reasons[i], length);
        assert_int_equal(ov_counts_decode((const uint8_t *)longer.data, longer.length, &out, &err),
                         OV_ERR_PROTOCOL);
        assert_string_equal(err.code, "message.rejected");
        ov_buf_free(&longer);
    }
    ov_secret_free(&frame);
}

static void a_state_is_one_that_is_known(void **state)
{
    (void)state;
    REFUSES(deployment_state, sample_state, m.phase = (enum ov_phase)0);
    REFUSES(deployment_state, sample_state, m.phase = (enum ov_phase)4);
    REFUSES(deployment_state, sample_state, m.reason[0] = 'W');
    REFUSES(deployment_state, sample_state, m.threshold = -2.0f);
    ACCEPTS(deployment_state, sample_state, m.reason[0] = '\0');
}

static void a_lease_is_never_longer_than_a_minute(void **state)
{
    (void)state;
    REFUSES(lease, sample_lease, m.valid_ms = 60001);
    ACCEPTS(lease, sample_lease, m.valid_ms = 60000);
}

static void the_signed_bytes_of_a_lease_are_fixed(void **state)
{
    (void)state;
    struct ov_lease lease = sample_lease();
    struct ov_id run = sample_hello().run_id;
    uint8_t bytes[OV_LEASE_SIGNED_BYTES];
    lease.number = 0x0102030405060708;
    lease.valid_ms = 0x0a0b0c0d;
    ov_lease_signed_bytes(&lease, &run, bytes);
    assert_memory_equal(bytes, "overt lease v1\n", 15);
    assert_memory_equal(bytes + 15, run.bytes, 16);
    assert_memory_equal(bytes + 31, lease.deployment_id.bytes, 16);
    assert_memory_equal(bytes + 47, "\x01\x02\x03\x04\x05\x06\x07\x08\x0a\x0b\x0c\x0d", 12);
}

static void pings_carry_real_times(void **state)
{
    (void)state;
    REFUSES(ping, sample_ping, m.sent_at_us = 0);
    REFUSES(ping, sample_ping, m.sent_at_us = INT64_C(4102444800000000));
    REFUSES(pong, sample_pong, m.sent_at_us = -5);
    REFUSES(pong, sample_pong, m.ping_sent_at_us = 0);
    ACCEPTS(ping, sample_ping, m.number = UINT64_MAX);
}

/* Ids, digests and signatures of a wrong length, by hand: our encoder cannot make them. */
static void lengths_of_ids_are_exact(void **state)
{
    (void)state;
    static const uint8_t short_id[] = {0x0a, 0x02, 'a', 'b'};
    static const uint8_t long_id[] = {0x0a, 0x11, 1, 2, 3, 4, 5, 6, 7, 8,
                                      9,    1,    2, 3, 4, 5, 6, 7, 8};
    struct ov_alert_ack out;
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(ov_alert_ack_decode(short_id, sizeof(short_id), &out, &err), OV_ERR_PROTOCOL);
    assert_string_equal(err.code, "message.alert_id");
    assert_int_equal(ov_alert_ack_decode(long_id, sizeof(long_id), &out, NULL), OV_ERR_PROTOCOL);
}

/* Thousands of empty parts in few bytes must not become megabytes. */
static void many_empty_parts_do_not_decode(void **state)
{
    (void)state;
    struct ov_hello hello;
    struct ov_error err = OV_ERROR_INIT;
    uint8_t cameras[8000];
    for (size_t i = 0; i < sizeof(cameras); i += 2) {
        cameras[i] = 0x42; /* field 8, empty */
        cameras[i + 1] = 0;
    }
    assert_int_equal(ov_hello_decode(cameras, sizeof(cameras), &hello, &err), OV_ERR_PROTOCOL);
    assert_string_equal(err.code, "message.format");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_has_its_header_and_comes_back_the_same),
        cmocka_unit_test(a_message_cut_at_any_length_is_never_taken_for_the_whole),
        cmocka_unit_test(a_message_longer_than_its_type_may_be_is_not_even_read),
        cmocka_unit_test(bytes_that_are_no_protobuf_are_refused),
        cmocka_unit_test(fields_that_are_not_known_are_passed_over),
        cmocka_unit_test(hello_says_only_what_can_be),
        cmocka_unit_test(hello_names_cameras_well_and_once),
        cmocka_unit_test(hello_keeps_all_it_was_given),
        cmocka_unit_test(welcome_says_only_what_can_be),
        cmocka_unit_test(a_zone_is_a_polygon_of_one_camera),
        cmocka_unit_test(the_largest_welcome_comes_through_as_it_was),
        cmocka_unit_test(a_pause_names_its_deployment_and_its_time),
        cmocka_unit_test(an_error_has_a_stable_code),
        cmocka_unit_test(acks_name_probes_of_one_batch),
        cmocka_unit_test(an_alert_says_only_what_can_be),
        cmocka_unit_test(the_largest_and_the_barest_alert_go_through),
        cmocka_unit_test(crops_are_bounded_and_may_be_gone),
        cmocka_unit_test(counts_belong_to_a_whole_minute_of_a_camera),
        cmocka_unit_test(counts_refuse_reasons_that_are_unknown_or_repeated),
        cmocka_unit_test(a_state_is_one_that_is_known),
        cmocka_unit_test(a_lease_is_never_longer_than_a_minute),
        cmocka_unit_test(the_signed_bytes_of_a_lease_are_fixed),
        cmocka_unit_test(pings_carry_real_times),
        cmocka_unit_test(lengths_of_ids_are_exact),
        cmocka_unit_test(many_empty_parts_do_not_decode),
    };
    return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
