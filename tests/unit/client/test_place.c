/* What --open accepts, and what never reaches FFmpeg. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/camera/place.h"
#include "tests/unit/client/test_client.h"

static void assert_refused(const char *text, const char *code)
{
    struct place place;
    struct ov_error err = OV_ERROR_INIT;
    if (place_parse(text, &place, &err) == OV_OK)
        fail_msg("%s was accepted", text);
    if (strcmp(err.code, code) != 0)
        fail_msg("%s: %s (%s), not %s", text, err.code, err.text, code);
}

static void test_every_other_protocol_is_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "concat:a.mp4|b.mp4",  "subfile,,start,0,end,9,,:/etc/passwd",
        "data:video/mp4,AAAA", "crypto:x.mp4",
        "cryptofile://x",      "file:/etc/passwd",
        "FILE:/etc/passwd",    "pipe:0",
        "udp://239.0.0.1:1",   "ftp://host/x.mp4",
        "tls://host:1",        "async:http://host/x",
        "cache:http://host/x", "tee:a|b",
        "lavfi:testsrc",       "httpx://host/a",
        "rtspu://host/a",      "unix:/tmp/socket",
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_refused(refused[i], "source.protocol");
}

static void test_addresses_of_cameras_are_accepted(void **state)
{
    (void)state;
    struct place place;
    assert_int_equal(place_parse("rtsp://cam.example.org/s1", &place, NULL), OV_OK);
    assert_int_equal(place.kind, PLACE_RTSP);
    assert_int_equal(place_parse("RTSPS://cam.example.org:322/s1", &place, NULL), OV_OK);
    assert_int_equal(place.kind, PLACE_RTSP);
    assert_int_equal(place_parse("http://192.0.2.7/mjpeg", &place, NULL), OV_OK);
    assert_int_equal(place.kind, PLACE_HTTP);
    assert_refused("http:/x", "source.address");
    assert_refused("rtsp://", "source.address");
    assert_refused("", "source.address");
}

static void test_passwords_are_not_shown(void **state)
{
    (void)state;
    struct place place;
    assert_int_equal(place_parse("rtsp://admin:p@ss@cam:554/s1?token=abc", &place, NULL), OV_OK);
    assert_string_equal(place.url, "rtsp://admin:p@ss@cam:554/s1?token=abc");
    assert_string_equal(place.shown, "rtsp://cam:554/s1");
    assert_int_equal(place_parse("http://cam/a@b", &place, NULL), OV_OK);
    assert_string_equal(place.shown, "http://cam/a@b");
}

static void test_a_file_is_a_file_whatever_it_is_called(void **state)
{
    (void)state;
    char name[] = "/tmp/overt-place-XXXXXX:1.mp4";
    char plain[] = "/tmp/overt-place-XXXXXX";
    int fd = mkstemp(plain);
    assert_true(fd >= 0);
    (void)close(fd);
    (void)snprintf(name, sizeof(name), "%s:.mp4", plain);
    assert_int_equal(rename(plain, name), 0);
    struct place place;
    assert_int_equal(place_parse(name, &place, NULL), OV_OK);
    assert_int_equal(place.kind, PLACE_FILE);
    assert_int_equal(strncmp(place.url, "file:/tmp/", 10), 0);
    (void)unlink(name);
}

static void test_what_is_no_file_and_no_camera_is_refused(void **state)
{
    (void)state;
    assert_refused("/nowhere/at/all.mp4", "source.open");
    assert_refused("/tmp", "source.is_folder");
    assert_refused("/dev/null", "source.not_media"); /* a device, but no camera */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_other_protocol_is_refused),
        cmocka_unit_test(test_addresses_of_cameras_are_accepted),
        cmocka_unit_test(test_passwords_are_not_shown),
        cmocka_unit_test(test_a_file_is_a_file_whatever_it_is_called),
        cmocka_unit_test(test_what_is_no_file_and_no_camera_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
