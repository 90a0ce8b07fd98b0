/* Bytes, numbers and text. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/bytes.h"

static void integers_travel_big_endian(void **state)
{
    (void)state;
    uint8_t at[8];
    ov_write_be16(at, 0x0102);
    assert_memory_equal(at, "\x01\x02", 2);
    assert_int_equal(ov_read_be16(at), 0x0102);
    ov_write_be32(at, 0xfffefdfc);
    assert_memory_equal(at, "\xff\xfe\xfd\xfc", 4);
    assert_true(ov_read_be32(at) == 0xfffefdfcu);
    ov_write_be64(at, UINT64_C(0x8182838485868788));
    assert_memory_equal(at, "\x81\x82\x83\x84\x85\x86\x87\x88", 8);
    assert_true(ov_read_be64(at) == UINT64_C(0x8182838485868788));
}

static void hex_goes_there_and_back_and_takes_nothing_else(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x00, 0x9f, 0xff};
    static const char *const bad[] = {"", "009ff", "009fff0", "009fgg", "00 9ff", "-09fff"};
    uint8_t out[3] = {1, 1, 1};
    char text[7];
    assert_string_equal(ov_hex_encode(bytes, 3, text), "009fff");
    assert_int_equal(ov_hex_decode("009fFF", out, 3), OV_OK);
    assert_memory_equal(out, bytes, 3);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(ov_hex_decode(bad[i], out, 3), OV_ERR_INVALID);
    assert_string_equal(ov_hex_encode(bytes, 0, text), "");
}

static void base64_is_that_of_rfc_4648(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < 7; i++) {
        char *text = ov_base64_encode(pairs[i][0], strlen(pairs[i][0]));
        assert_string_equal(text, pairs[i][1]);
        free(text);
    }
    char *high = ov_base64_encode("\xfb\xff\xfe", 3);
    assert_string_equal(high, "+//+");
    free(high);
    assert_null(ov_base64_encode("", SIZE_MAX));
}

static void random_bytes_differ(void **state)
{
    (void)state;
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};
    ov_random(a, sizeof(a));
    ov_random(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    ov_random(a, 0);
}

static void numbers_are_whole_strings_within_their_range(void **state)
{
    (void)state;
    int64_t value = 7;
    double real = 7;
    assert_int_equal(ov_parse_i64("-12", -12, 5, &value), OV_OK);
    assert_int_equal(value, -12);
    assert_int_equal(ov_parse_i64("9223372036854775807", 0, INT64_MAX, &value), OV_OK);
    static const char *const bad[] = {
        "", " 1", "1 ", "+1", "0x10", "1e3", "-", "99", "9223372036854775808", "one"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        value = 7;
        assert_int_equal(ov_parse_i64(bad[i], 0, 50, &value), OV_ERR_INVALID);
        assert_int_equal(value, 7);
    }
    assert_int_equal(ov_parse_double("-0.25", -1, 1, &real), OV_OK);
    assert_true(real == -0.25);
    static const char *const bad_real[] = {"",     "nan",  "inf", "-inf", "1e999",
                                           "0.5x", " 0.5", "2",   "-",    "."};
    for (size_t i = 0; i < sizeof(bad_real) / sizeof(bad_real[0]); i++)
        assert_int_equal(ov_parse_double(bad_real[i], -1, 1, &real), OV_ERR_INVALID);
}

static void utf8_is_well_formed_and_without_controls(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "abc",
                                       "\xc3\xa9",
                                       "\xe2\x82\xac",
                                       "\xf0\x9f\x98\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "\xc2\xa0"};
    static const char *const bad[] = {"\x80",             /* a continuation by itself */
                                      "\xc0\xaf",         /* overlong */
                                      "\xc1\xbf",         /* overlong */
                                      "\xe0\x80\xaf",     /* overlong */
                                      "\xf0\x80\x80\xaf", /* overlong */
                                      "\xed\xa0\x80",     /* surrogate */
                                      "\xf4\x90\x80\x80", /* beyond U+10FFFF */
                                      "\xf5\x80\x80\x80", /* no such lead */
                                      "\xc3",             /* cut */
                                      "\xe2\x82",         /* cut */
                                      "\xf0\x9f\x98",     /* cut */
                                      "\xe2\x28\xa1",     /* not a continuation */
                                      "\n",
                                      "\x1b[31m",
                                      "\x7f",
                                      "\xc2\x85" /* C1 */};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(ov_text_is_clean_utf8(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(ov_text_is_clean_utf8(bad[i], strlen(bad[i])));
    assert_false(ov_text_is_clean_utf8("a\0b", 3));
}

/* Each sequence in memory of exactly its size, so that a sanitizer sees any step beyond. */
static void utf8_checks_never_read_past_the_end(void **state)
{
    (void)state;
    for (unsigned lead = 0x80; lead <= 0xff; lead++) {
        for (size_t size = 1; size <= 3; size++) {
            char *exact = malloc(size);
            memset(exact, 0xa0, size);
            exact[0] = (char)lead;
            (void)ov_text_is_clean_utf8(exact, size);
            free(exact);
        }
    }
}

static void a_buffer_grows_and_is_always_terminated(void **state)
{
    (void)state;
    struct ov_buf buf = OV_BUF_INIT;
    for (int i = 0; i < 1000; i++)
        ov_buf_printf(&buf, "%03d,", i);
    assert_int_equal(buf.length, 4000);
    assert_int_equal(strlen(buf.data), 4000);
    assert_memory_equal(buf.data + 3996, "999,", 4);
    ov_buf_append(&buf, "\0x", 2);
    assert_int_equal(buf.length, 4002);
    ov_buf_append(&buf, NULL, 0);
    ov_buf_puts(&buf, "");
    assert_false(buf.failed);
    ov_buf_append(&buf, "", SIZE_MAX / 2);
    assert_true(buf.failed);
    ov_buf_puts(&buf, "more");
    assert_int_equal(buf.length, 4002); /* a failed buffer stays as it was */
    ov_buf_free(&buf);
    assert_null(buf.data);
    ov_buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_travel_big_endian),
        cmocka_unit_test(hex_goes_there_and_back_and_takes_nothing_else),
        cmocka_unit_test(base64_is_that_of_rfc_4648),
        cmocka_unit_test(random_bytes_differ),
        cmocka_unit_test(numbers_are_whole_strings_within_their_range),
        cmocka_unit_test(utf8_is_well_formed_and_without_controls),
        cmocka_unit_test(utf8_checks_never_read_past_the_end),
        cmocka_unit_test(a_buffer_grows_and_is_always_terminated),
    };
    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
