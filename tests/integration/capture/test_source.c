/* Sources against real files and a real web server: what is read, what is refused, and as what. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/camera/source.h"
#include "common/base/file.h"
#include "tests/integration/capture/mjpeg.h"
#include "tests/integration/capture/scratch.h"
#include "tests/integration/capture/video.h"

struct fixture {
    struct scratch scratch;
    struct ov_image picture; /* 480 px wide */
};

static int set_up(void **state)
{
    static struct fixture fixture;
    if (sample_photo(1) == NULL) {
        print_message("skipped: the sample photos are not there; run deploy/setup\n");
        exit(77);
    }
    scratch_new(&fixture.scratch);
    fixture.picture = (struct ov_image)OV_IMAGE_INIT;
    video_picture(sample_photo(1), 480, &fixture.picture);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    ov_image_free(&fixture->picture);
    scratch_free(&fixture->scratch);
    return 0;
}

struct outcome {
    enum ov_source_kind kind;
    enum ov_status end; /* of inspect, open or the last read */
    struct ov_error err;
    int images;
    int unreadable;
    int width, height; /* of the last image */
    int64_t last_us;
};

static enum ov_status read_all(struct source *source, bool is_stills, int most,
                               struct outcome *outcome)
{
    enum ov_status status = OV_OK;
    while (status == OV_OK && outcome->images < most) {
        struct ov_image image = OV_IMAGE_INIT;
        struct ov_error err = OV_ERROR_INIT;
        status = source_next(source, &image, &outcome->last_us, &err);
        if (status == OV_OK) {
            outcome->images++;
            outcome->width = image.width;
            outcome->height = image.height;
            ov_image_free(&image);
        } else if (is_stills && status == OV_ERR_INVALID) {
            outcome->unreadable++;
            outcome->err = err;
            status = OV_OK;
        } else if (status != OV_ERR_CLOSED) {
            outcome->err = err;
        }
    }
    return status;
}

/* Reads at most so many images. */
static struct outcome read_source(enum source_form form, const char *place, double fps, int most)
{
    const struct source_spec spec = {form, place, fps, NULL};
    struct outcome outcome = {.err = OV_ERROR_INIT};
    struct source *source = NULL;
    outcome.end = source_inspect(&spec, &outcome.kind, &outcome.err);
    if (outcome.end == OV_OK)
        outcome.end = source_open(&spec, outcome.kind, NULL, &source, &outcome.err);
    if (outcome.end == OV_OK)
        outcome.end = read_all(source, outcome.kind == OV_SOURCE_STILLS, most, &outcome);
    source_close(source);
    return outcome;
}

static void assert_fails(const struct outcome *outcome, enum ov_status status, const char *code)
{
    if (outcome->end != status || strcmp(outcome->err.code, code) != 0)
        fail_msg("%s %s: %s", ov_status_name(outcome->end), outcome->err.code, outcome->err.text);
}

/* --- stills ----------------------------------------------------------------------------------- */

static void test_a_folder_is_read_in_order_and_only_its_jpegs(void **state)
{
    struct fixture *fixture = *state;
    (void)scratch_copy(&fixture->scratch, "folder/b.JPEG", sample_photo(1), 0);
    (void)scratch_copy(&fixture->scratch, "folder/a.jpg", sample_photo(2), 0);
    (void)scratch_write(&fixture->scratch, "folder/c.txt", "no picture", 10);
    (void)scratch_copy(&fixture->scratch, "folder/inner/d.jpg", sample_photo(3), 0);
    struct outcome outcome =
        read_source(SOURCE_FORM_FOLDER, scratch_path(&fixture->scratch, "folder"), 0, 100);
    assert_int_equal(outcome.end, OV_ERR_CLOSED);
    assert_int_equal(outcome.kind, OV_SOURCE_STILLS);
    assert_int_equal(outcome.images, 2);
    assert_int_equal(outcome.height, 1280); /* sample1, as b.JPEG, comes last */
}

static void test_a_damaged_image_in_a_folder_is_left_out_and_named_by_number(void **state)
{
    struct fixture *fixture = *state;
    (void)scratch_copy(&fixture->scratch, "some/1.jpg", sample_photo(1), 0);
    (void)scratch_copy(&fixture->scratch, "some/john-doe.jpg", sample_photo(2), 20000);
    (void)scratch_write(&fixture->scratch, "some/z.jpg", "", 0);
    struct outcome outcome =
        read_source(SOURCE_FORM_FOLDER, scratch_path(&fixture->scratch, "some"), 0, 100);
    assert_int_equal(outcome.images, 1);
    assert_int_equal(outcome.unreadable, 2);
    assert_non_null(strstr(outcome.err.text, "image 3 of 3"));
    assert_null(strstr(outcome.err.text, "john"));
}

static void test_folders_without_images_and_missing_ones_are_errors(void **state)
{
    struct fixture *fixture = *state;
    (void)scratch_write(&fixture->scratch, "empty/readme", "x", 1);
    struct outcome outcome =
        read_source(SOURCE_FORM_FOLDER, scratch_path(&fixture->scratch, "empty"), 0, 1);
    assert_fails(&outcome, OV_ERR_NOT_FOUND, "source.no_images");
    outcome = read_source(SOURCE_FORM_FOLDER, scratch_path(&fixture->scratch, "none"), 0, 1);
    assert_fails(&outcome, OV_ERR_NOT_FOUND, "source.folder");
}

static void test_a_single_image_must_be_whole(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = read_source(SOURCE_FORM_IMAGE, sample_photo(3), 0, 10);
    assert_int_equal(outcome.end, OV_ERR_CLOSED);
    assert_int_equal(outcome.kind, OV_SOURCE_STILLS);
    assert_int_equal(outcome.images, 1);
    outcome = read_source(SOURCE_FORM_IMAGE,
                          scratch_copy(&fixture->scratch, "cut.jpg", sample_photo(3), 30000), 0, 1);
    assert_int_equal(outcome.end, OV_ERR_INVALID);
    outcome = read_source(SOURCE_FORM_IMAGE,
                          scratch_write(&fixture->scratch, "text.jpg", "hello", 5), 0, 1);
    assert_fails(&outcome, OV_ERR_INVALID, "image.not_jpeg");
    outcome = read_source(SOURCE_FORM_IMAGE, "/nowhere/x.jpg", 0, 1);
    assert_fails(&outcome, OV_ERR_NOT_FOUND, "file.open");
}

/* --- recordings ------------------------------------------------------------------------------- */

static const char *make_video(struct fixture *fixture, const char *name, const char *encoder)
{
    const struct video_shape shape = {encoder, 424, 240, 25, 50};
    const char *path = scratch_path(&fixture->scratch, name);
    if (!video_make(path, &fixture->picture, &shape))
        fail_msg("FFmpeg here cannot make %s with %s", name, encoder);
    return path;
}

static void test_recordings_are_files_and_are_sampled_by_their_own_time(void **state)
{
    struct fixture *fixture = *state;
    static const char *const made[][2] = {{"a.mp4", "mpeg4"},
                                          {"b.mkv", "mpeg4"},
                                          {"c.avi", "mjpeg"},
                                          {"d.ts", "mpeg2video"},
                                          {"e.mjpeg", "mjpeg"}};
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        const char *path = make_video(fixture, made[i][0], made[i][1]);
        struct outcome outcome = read_source(SOURCE_FORM_MEDIA, path, 5, 1000);
        if (outcome.end != OV_ERR_CLOSED || outcome.kind != OV_SOURCE_FILE || outcome.images != 10)
            fail_msg("%s: %s, %d images: %s", made[i][0], ov_status_name(outcome.end),
                     outcome.images, outcome.err.text);
        assert_int_equal(outcome.width, 424);
        assert_in_range(outcome.last_us, 1750000, 1850000);
        outcome = read_source(SOURCE_FORM_MEDIA, path, 0, 1000);
        assert_in_range(outcome.images, 49, 50); /* MPEG-TS keeps one for itself */
    }
}

/* As when a camera begins a new file and somebody puts the pieces together: stamps start anew. */
static void test_recordings_that_were_joined_are_sampled_to_their_end(void **state)
{
    struct fixture *fixture = *state;
    struct ov_buf joined = OV_BUF_INIT;
    const char *piece = make_video(fixture, "piece.ts", "mpeg2video");
    assert_int_equal(ov_file_read(piece, 16u << 20, &joined, NULL), OV_OK);
    assert_int_equal(ov_file_read(piece, 16u << 20, &joined, NULL), OV_OK);
    const char *path = scratch_write(&fixture->scratch, "joined.ts", joined.data, joined.length);
    ov_buf_free(&joined);
    struct outcome outcome = read_source(SOURCE_FORM_MEDIA, path, 5, 1000);
    assert_int_equal(outcome.end, OV_ERR_CLOSED);
    assert_in_range(outcome.images, 19, 20);
    assert_in_range(outcome.last_us, 3600000, 3900000);
}

static void test_colours_come_out_as_they_went_in(void **state)
{
    struct fixture *fixture = *state;
    struct ov_image red = OV_IMAGE_INIT;
    assert_int_equal(ov_image_new(&red, 424, 240), OV_OK);
    for (size_t i = 0; i < red.pixels.size; i += 3)
        red.pixels.data[i] = 200;
    const struct video_shape shape = {"mpeg4", 424, 240, 25, 5};
    const char *path = scratch_path(&fixture->scratch, "red.mp4");
    assert_true(video_make(path, &red, &shape));
    ov_image_free(&red);
    const struct source_spec spec = {SOURCE_FORM_MEDIA, path, 0, NULL};
    struct source *source = NULL;
    struct ov_image image = OV_IMAGE_INIT;
    int64_t at_us = 0;
    assert_int_equal(source_open(&spec, OV_SOURCE_FILE, NULL, &source, NULL), OV_OK);
    assert_int_equal(source_next(source, &image, &at_us, NULL), OV_OK);
    const unsigned char *pixel = image.pixels.data + ((size_t)image.width * 120 + 100) * 3;
    assert_in_range(pixel[0], 185, 215);
    assert_in_range(pixel[1], 0, 20);
    assert_in_range(pixel[2], 0, 20);
    ov_image_free(&image);
    source_close(source);
}

static void test_a_recording_that_is_cut_short_gives_what_is_there(void **state)
{
    struct fixture *fixture = *state;
    const char *whole = make_video(fixture, "whole.mkv", "mpeg4");
    const char *cut = scratch_copy(&fixture->scratch, "cut.mkv", whole, 60000);
    struct outcome outcome = read_source(SOURCE_FORM_MEDIA, cut, 0, 1000);
    assert_int_equal(outcome.end, OV_ERR_CLOSED);
    assert_in_range(outcome.images, 1, 49);
}

static void test_what_is_no_video_is_said_to_be_none(void **state)
{
    struct fixture *fixture = *state;
    const char *mp4 = make_video(fixture, "x.mp4", "mpeg4");
    struct outcome outcome = read_source(
        SOURCE_FORM_MEDIA, scratch_copy(&fixture->scratch, "headless.mp4", mp4, 2000), 0, 1);
    assert_fails(&outcome, OV_ERR_INVALID, "source.not_video");
    outcome = read_source(SOURCE_FORM_MEDIA,
                          scratch_write(&fixture->scratch, "text.mp4", "hello, hello", 12), 0, 1);
    assert_fails(&outcome, OV_ERR_INVALID, "source.not_video");
    outcome = read_source(SOURCE_FORM_MEDIA, scratch_write(&fixture->scratch, "nothing.mp4", "", 0),
                          0, 1);
    assert_fails(&outcome, OV_ERR_INVALID, "source.not_video");
    outcome = read_source(SOURCE_FORM_MEDIA, sample_photo(1), 0, 1);
    assert_fails(&outcome, OV_ERR_INVALID, "source.not_video");
}

static void test_playlists_and_lists_of_files_are_not_followed(void **state)
{
    struct fixture *fixture = *state;
    const char *video = make_video(fixture, "clip.mkv", "mpeg4");
    char list[512];
    (void)snprintf(list, sizeof(list), "ffconcat version 1.0\nfile '%s'\n", video);
    struct outcome outcome =
        read_source(SOURCE_FORM_MEDIA,
                    scratch_write(&fixture->scratch, "l.ffconcat", list, strlen(list)), 0, 1);
    assert_fails(&outcome, OV_ERR_INVALID, "source.not_video");
    (void)snprintf(list, sizeof(list),
                   "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n%s\n#EXT-X-ENDLIST\n", video);
    outcome = read_source(SOURCE_FORM_MEDIA,
                          scratch_write(&fixture->scratch, "l.m3u8", list, strlen(list)), 0, 1);
    assert_fails(&outcome, OV_ERR_INVALID, "source.not_video");
    static const char sdp[] = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
                              "m=video 5004 RTP/AVP 26\n";
    outcome = read_source(SOURCE_FORM_MEDIA,
                          scratch_write(&fixture->scratch, "l.sdp", sdp, strlen(sdp)), 0, 1);
    assert_fails(&outcome, OV_ERR_INVALID, "source.not_video");
}

static bool always(void *ctx)
{
    (void)ctx;
    return true;
}

static void test_reading_can_be_interrupted(void **state)
{
    struct fixture *fixture = *state;
    const char *path = make_video(fixture, "long.mkv", "mpeg4");
    const struct source_spec spec = {SOURCE_FORM_MEDIA, path, 0, NULL};
    const struct source_interrupt interrupt = {always, NULL};
    struct source *source = NULL;
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(source_open(&spec, OV_SOURCE_FILE, &interrupt, &source, &err), OV_ERR_CLOSED);
    assert_string_equal(err.code, "");
}

static void test_real_recordings_from_the_data_set(void **state)
{
    (void)state;
    const char *data = getenv("OVERT_DATA");
    char folder[512];
    if (data == NULL) {
        print_message("OVERT_DATA does not name the data set\n");
        skip();
    }
    (void)snprintf(folder, sizeof(folder), "%s/video", data);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char path[1024];
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.')
            continue;
        struct outcome outcome = read_source(SOURCE_FORM_MEDIA, path, 5, 10000);
        print_message("%s: %d pictures of %dx%d in %.1f s\n", entry->d_name, outcome.images,
                      outcome.width, outcome.height, (double)outcome.last_us / 1e6);
        assert_int_equal(outcome.end, OV_ERR_CLOSED);
        assert_true(outcome.images > 0);
    }
    (void)closedir(dir);
}

/* --- over HTTP -------------------------------------------------------------------------------- */

static struct ov_buf small_jpeg(const struct fixture *fixture)
{
    struct ov_secret jpeg = OV_SECRET_INIT;
    struct ov_buf buf = OV_BUF_INIT;
    assert_int_equal(ov_jpeg_encode(&jpeg, &fixture->picture, 85, NULL), OV_OK);
    ov_buf_append(&buf, jpeg.data, jpeg.size);
    ov_secret_free(&jpeg);
    return buf;
}

static void test_an_endless_mjpeg_over_http_is_live(void **state)
{
    struct ov_buf jpeg = small_jpeg(*state);
    const struct mjpeg_behaviour behaviour = {
        .jpeg = jpeg.data, .jpeg_size = jpeg.length, .every_ms = 20};
    struct mjpeg *mjpeg = mjpeg_start(&behaviour);
    char url[64];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/stream", mjpeg_port(mjpeg));
    struct outcome outcome = read_source(SOURCE_FORM_MEDIA, url, 0, 5);
    mjpeg_stop(mjpeg);
    if (outcome.end != OV_OK)
        fail_msg("%s: %s", outcome.err.code, outcome.err.text);
    assert_int_equal(outcome.kind, OV_SOURCE_LIVE);
    assert_int_equal(outcome.images, 5);
    assert_int_equal(outcome.width, 480);
    ov_buf_free(&jpeg);
}

static void test_a_live_stream_that_ends_is_lost_and_not_over(void **state)
{
    struct ov_buf jpeg = small_jpeg(*state);
    const struct mjpeg_behaviour behaviour = {
        .jpeg = jpeg.data, .jpeg_size = jpeg.length, .every_ms = 10, .pictures = 10};
    struct mjpeg *mjpeg = mjpeg_start(&behaviour);
    char url[64];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", mjpeg_port(mjpeg));
    struct outcome outcome = read_source(SOURCE_FORM_MEDIA, url, 0, 1000);
    mjpeg_stop(mjpeg);
    assert_true(outcome.end == OV_ERR_UNAVAILABLE || outcome.end == OV_ERR_IO);
    assert_in_range(outcome.images, 1, 10);
    ov_buf_free(&jpeg);
}

static void test_a_file_over_http_is_a_file_whatever_it_calls_itself(void **state)
{
    struct fixture *fixture = *state;
    const char *path = make_video(fixture, "web.mkv", "mpeg4");
    struct ov_buf video = OV_BUF_INIT;
    assert_int_equal(ov_file_read(path, 64u << 20, &video, NULL), OV_OK);
    static const char *const types[] = {"video/x-matroska",
                                        "multipart/x-mixed-replace; boundary=edge"};
    for (size_t i = 0; i < 2; i++) {
        const struct mjpeg_behaviour behaviour = {
            .jpeg = video.data, .jpeg_size = video.length, .file_type = types[i]};
        struct mjpeg *mjpeg = mjpeg_start(&behaviour);
        char url[64];
        (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/x.mkv", mjpeg_port(mjpeg));
        struct outcome outcome = read_source(SOURCE_FORM_MEDIA, url, 5, 100);
        mjpeg_stop(mjpeg);
        assert_int_equal(outcome.kind, OV_SOURCE_FILE);
        assert_int_equal(outcome.end, OV_ERR_CLOSED);
        assert_int_equal(outcome.images, 10);
    }
    ov_buf_free(&video);
}

static void test_a_web_server_that_refuses_or_is_not_there_is_an_error(void **state)
{
    (void)state;
    const struct mjpeg_behaviour behaviour = {.status = "404 Not Found"};
    struct mjpeg *mjpeg = mjpeg_start(&behaviour);
    char url[80];
    (void)snprintf(url, sizeof(url), "http://me:secret@127.0.0.1:%d/", mjpeg_port(mjpeg));
    struct outcome outcome = read_source(SOURCE_FORM_MEDIA, url, 0, 1);
    mjpeg_stop(mjpeg);
    assert_fails(&outcome, OV_ERR_IO, "source.open");
    assert_null(strstr(outcome.err.text, "secret"));
    outcome = read_source(SOURCE_FORM_MEDIA, url, 0, 1);
    assert_fails(&outcome, OV_ERR_IO, "source.open");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_folder_is_read_in_order_and_only_its_jpegs),
        cmocka_unit_test(test_a_damaged_image_in_a_folder_is_left_out_and_named_by_number),
        cmocka_unit_test(test_folders_without_images_and_missing_ones_are_errors),
        cmocka_unit_test(test_a_single_image_must_be_whole),
        cmocka_unit_test(test_recordings_are_files_and_are_sampled_by_their_own_time),
        cmocka_unit_test(test_recordings_that_were_joined_are_sampled_to_their_end),
        cmocka_unit_test(test_colours_come_out_as_they_went_in),
        cmocka_unit_test(test_a_recording_that_is_cut_short_gives_what_is_there),
        cmocka_unit_test(test_what_is_no_video_is_said_to_be_none),
        cmocka_unit_test(test_playlists_and_lists_of_files_are_not_followed),
        cmocka_unit_test(test_reading_can_be_interrupted),
        cmocka_unit_test(test_real_recordings_from_the_data_set),
        cmocka_unit_test(test_an_endless_mjpeg_over_http_is_live),
        cmocka_unit_test(test_a_live_stream_that_ends_is_lost_and_not_over),
        cmocka_unit_test(test_a_file_over_http_is_a_file_whatever_it_calls_itself),
        cmocka_unit_test(test_a_web_server_that_refuses_or_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
