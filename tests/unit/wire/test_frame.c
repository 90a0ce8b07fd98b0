/* The frame table: who may say what, when, and at what length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/frame.h"
#include "common/wire/messages.h"

#define CLIENT (1u << OV_FROM_CLIENT)
#define SERVER (1u << OV_FROM_SERVER)
#define GREETING (1u << OV_SESSION_GREETING)
#define OPEN (1u << OV_SESSION_OPEN)

/* Said again, on purpose: a change of the protocol has to be made twice. */
static const struct {
    uint16_t type;
    const char *name;
    unsigned senders;
    unsigned states;
    uint32_t max;
} expected[] = {
    {1, "hello", CLIENT, GREETING, 8192},
    {2, "welcome", SERVER, GREETING, 8192},
    {3, "error", CLIENT | SERVER, GREETING | OPEN, 2048},
    {10, "probe_batch", CLIENT, OPEN, 163840},
    {11, "batch_ack", SERVER, OPEN, 4096},
    {20, "alert", SERVER, OPEN, 73728},
    {21, "alert_ack", CLIENT, OPEN, 1024},
    {22, "crop_request", SERVER, OPEN, 1024},
    {23, "crop", CLIENT, OPEN, 266240},
    {30, "counts", CLIENT, OPEN, 4096},
    {31, "counts_ack", SERVER, OPEN, 1024},
    {40, "deployment_state", SERVER, OPEN, 1024},
    {41, "lease", SERVER, OPEN, 1024},
    {42, "pause_request", CLIENT, OPEN, 1024},
    {50, "ping", CLIENT | SERVER, OPEN, 1024},
    {51, "pong", CLIENT | SERVER, OPEN, 1024},
};
#define EXPECTED_COUNT (sizeof(expected) / sizeof(expected[0]))

static void a_header_is_big_endian_length_then_type(void **state)
{
    (void)state;
    static const uint8_t bytes[OV_FRAME_HEADER_BYTES] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06};
    struct ov_frame_header header = {0};
    ov_frame_header_read(bytes, &header);
    assert_int_equal(header.length, 0x01020304);
    assert_int_equal(header.type, 0x0506);
    uint8_t again[OV_FRAME_HEADER_BYTES];
    ov_frame_header_write(again, &header);
    assert_memory_equal(again, bytes, sizeof(bytes));
}

static void each_type_is_legal_only_from_its_sender_in_its_state(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXPECTED_COUNT; i++) {
        assert_string_equal(ov_frame_type_name(expected[i].type), expected[i].name);
        assert_int_equal(ov_frame_max_bytes(expected[i].type), expected[i].max);
        for (int sender = OV_FROM_CLIENT; sender <= OV_FROM_SERVER; sender++) {
            for (int at = OV_SESSION_GREETING; at <= OV_SESSION_ENDING; at++) {
                struct ov_frame_header header = {.length = 1, .type = expected[i].type};
                struct ov_error err = OV_ERROR_INIT;
                bool legal = (expected[i].senders & (1u << sender)) != 0 &&
                             (expected[i].states & (1u << at)) != 0;
                enum ov_status status = ov_frame_check(&header, (enum ov_frame_sender)sender,
                                                       (enum ov_session_state)at, &err);
                assert_int_equal(status, legal ? OV_OK : OV_ERR_PROTOCOL);
                assert_string_equal(err.code, legal ? "" : "frame.not_now");
            }
        }
    }
}

static void no_type_is_longer_than_its_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXPECTED_COUNT; i++) {
        enum ov_frame_sender sender =
            (expected[i].senders & CLIENT) != 0 ? OV_FROM_CLIENT : OV_FROM_SERVER;
        enum ov_session_state at =
            (expected[i].states & OPEN) != 0 ? OV_SESSION_OPEN : OV_SESSION_GREETING;
        struct ov_frame_header header = {.length = expected[i].max, .type = expected[i].type};
        struct ov_error err = OV_ERROR_INIT;
        assert_int_equal(ov_frame_check(&header, sender, at, &err), OV_OK);
        header.length++;
        assert_int_equal(ov_frame_check(&header, sender, at, &err), OV_ERR_PROTOCOL);
        assert_string_equal(err.code, "frame.too_long");
        header.length = UINT32_MAX;
        assert_int_equal(ov_frame_check(&header, sender, at, NULL), OV_ERR_PROTOCOL);
        if ((expected[i].states & GREETING) != 0)
            assert_true(expected[i].max <= 65536);
    }
}

static void every_other_number_is_no_type(void **state)
{
    (void)state;
    for (uint32_t type = 0; type <= UINT16_MAX; type++) {
        bool known = false;
        for (size_t i = 0; i < EXPECTED_COUNT; i++)
            known = known || expected[i].type == type;
        if (known)
            continue;
        struct ov_frame_header header = {.length = 0, .type = (uint16_t)type};
        struct ov_error err = OV_ERROR_INIT;
        assert_int_equal(ov_frame_check(&header, OV_FROM_CLIENT, OV_SESSION_OPEN, &err),
                         OV_ERR_PROTOCOL);
        assert_string_equal(err.code, "frame.unknown_type");
        assert_string_equal(ov_frame_type_name((uint16_t)type), "unknown");
        assert_int_equal(ov_frame_max_bytes((uint16_t)type), 0);
    }
}

static void names_are_stable(void **state)
{
    (void)state;
    assert_string_equal(ov_session_state_name(OV_SESSION_GREETING), "greeting");
    assert_string_equal(ov_session_state_name(OV_SESSION_OPEN), "open");
    assert_string_equal(ov_session_state_name(OV_SESSION_ENDING), "ending");
    assert_string_equal(ov_source_kind_name(OV_SOURCE_LIVE), "live");
    assert_string_equal(ov_source_kind_name(OV_SOURCE_FILE), "file");
    assert_string_equal(ov_source_kind_name(OV_SOURCE_STILLS), "stills");
    assert_string_equal(ov_phase_name(OV_PHASE_LIVE), "live");
    assert_string_equal(ov_phase_name(OV_PHASE_PAUSED), "paused");
    assert_string_equal(ov_phase_name(OV_PHASE_CLOSED), "closed");
    assert_string_equal(ov_reject_name(OV_REJECT_CAPACITY), "capacity");
    assert_string_equal(ov_reject_name(OV_QUALITY_TOO_SMALL), "too_small");
    assert_string_equal(ov_reject_name(OV_REJECT_COUNT), "unknown");
    assert_string_equal(ov_reject_name(-1), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_is_big_endian_length_then_type),
        cmocka_unit_test(each_type_is_legal_only_from_its_sender_in_its_state),
        cmocka_unit_test(no_type_is_longer_than_its_limit),
        cmocka_unit_test(every_other_number_is_no_type),
        cmocka_unit_test(names_are_stable),
    };
    return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
