/* What is shown to whom: names at an interactive terminal only. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "client/preview/preview.h"
#include "tests/unit/client/test_client.h"

static struct client_event *alert_event(int64_t captured_at_us)
{
    struct client_event *event = client_event_new(EVENT_ALERT);
    assert_non_null(event);
    struct ov_alert *alert = &event->alert.alert;
    alert->alert_id = (struct ov_id){{0xaa}};
    alert->feed_number = 12;
    alert->sequence = 7;
    alert->captured_at_us = captured_at_us;
    (void)snprintf(alert->camera, sizeof(alert->camera), "gate-1");
    (void)snprintf(alert->category, sizeof(alert->category), "missing person");
    (void)snprintf(alert->response, sizeof(alert->response), "speak \"kindly\"");
    alert->display_name = secret_of("Jane Nobody");
    alert->has_score = true;
    alert->score = 0.6125f;
    alert->threshold = 0.55f;
    event->alert.is_ours = true;
    return event;
}

/* What preview_show writes; the caller frees. */
static char *shown(bool is_terminal, bool is_json, const struct client_event *event)
{
    struct hand_clock clock;
    struct preview preview;
    int ends[2];
    hand_clock_init(&clock);
    assert_int_equal(pipe(ends), 0);
    preview_init(&preview, ends[1], is_terminal, is_json, &clock.clock);
    assert_int_equal(preview_show(&preview, event, NULL), OV_OK);
    (void)close(ends[1]);
    char *text = calloc(1, 8192);
    assert_non_null(text);
    assert_true(read(ends[0], text, 8191) >= 0);
    (void)close(ends[0]);
    return text;
}

static void assert_shows(const char *text, const char *part, bool is_there)
{
    if ((strstr(text, part) != NULL) != is_there)
        fail_msg("\"%s\" is %sin: %s", part, is_there ? "not " : "", text);
}

static void test_a_terminal_shows_the_name_the_score_and_the_time(void **state)
{
    (void)state;
    struct hand_clock clock;
    hand_clock_init(&clock);
    struct client_event *event = alert_event(clock.utc_us - 812 * OV_US_PER_MS);
    char *text = shown(true, false, event);
    assert_shows(text, "Jane Nobody", true);
    assert_shows(text, "missing person", true);
    assert_shows(text, "0.613", true);
    assert_shows(text, "812 ms", true);
    free(text);
    client_event_free(event);
}

static void test_anything_else_gets_ids_category_and_response_only(void **state)
{
    (void)state;
    struct client_event *event = alert_event(1);
    for (int is_json = 0; is_json < 2; is_json++) {
        char *text = shown(false, is_json == 1, event);
        assert_shows(text, "aa000000-0000-0000-0000-000000000000", true);
        assert_shows(text, "missing person", true);
        assert_shows(text, "speak", true);
        assert_shows(text, "Nobody", false);
        assert_shows(text, "0.6", false);
        assert_shows(text, "score", false);
        assert_shows(text, "threshold", false);
        assert_int_equal(strchr(text, '\n') - text, (long)strlen(text) - 1);
        free(text);
    }
    client_event_free(event);
}

static void test_json_without_a_terminal_has_exactly_the_allowed_keys(void **state)
{
    (void)state;
    static const char *const allowed[] = {"event",    "alert_id", "feed_number", "run_id",
                                          "sequence", "camera",   "category",    "response"};
    struct client_event *event = alert_event(1);
    char *text = shown(false, true, event);
    json_t *object = json_loads(text, 0, NULL);
    assert_non_null(object);
    assert_int_equal(json_object_size(object), sizeof(allowed) / sizeof(allowed[0]));
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
        assert_non_null(json_object_get(object, allowed[i]));
    json_decref(object);
    free(text);
    client_event_free(event);
}

static void test_an_alert_of_another_run_has_an_age_but_no_recognition_time(void **state)
{
    (void)state;
    struct hand_clock clock;
    hand_clock_init(&clock);
    struct client_event *event = alert_event(clock.utc_us - 3 * OV_US_PER_S);
    event->alert.is_ours = false;
    char *text = shown(true, false, event);
    assert_shows(text, "3.0 s ago", true);
    assert_shows(text, "recognised", false);
    free(text);
    client_event_free(event);
}

static void test_output_that_is_gone_is_an_error(void **state)
{
    (void)state;
    struct hand_clock clock;
    struct preview preview;
    hand_clock_init(&clock);
    preview_init(&preview, -1, false, false, &clock.clock);
    struct client_event *event = alert_event(clock.utc_us);
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(preview_show(&preview, event, &err), OV_ERR_IO);
    assert_int_equal(preview.recognition.count, 0);
    client_event_free(event);
}

static void test_the_summary_counts_rejections_and_times(void **state)
{
    (void)state;
    struct hand_clock clock;
    struct preview preview;
    struct ov_buf buf = {0};
    const struct alert_times times = {-1, 0};
    hand_clock_init(&clock);
    preview_init(&preview, -1, false, true, &clock.clock);
    recognition_add(&preview.recognition, 300);
    recognition_add(&preview.recognition, 100);
    recognition_add(&preview.recognition, 900);
    struct client_event *event = client_event_new(EVENT_DONE);
    event->done.exit = CLIENT_EXIT_REFUSED;
    event->done.totals.frames = 9;
    event->done.totals.rejected[OV_QUALITY_BLURRED] = 4;
    preview_json(&preview, event, &times, &buf);
    assert_shows(buf.data, "\"event\":\"summary\"", true);
    assert_shows(buf.data, "\"exit\":4", true);
    assert_shows(buf.data, "\"blurred\":4", true);
    assert_shows(buf.data, "\"recognition_median_ms\":300", true);
    assert_shows(buf.data, "\"recognition_longest_ms\":900", true);
    ov_buf_free(&buf);
    client_event_free(event);
}

/* Everything shown of a run that ends with this trouble, after it was told as an error. */
static char *shown_end(bool is_json, const char *told, uint64_t frames)
{
    struct hand_clock clock;
    struct preview preview;
    int ends[2];
    hand_clock_init(&clock);
    assert_int_equal(pipe(ends), 0);
    preview_init(&preview, ends[1], false, is_json, &clock.clock);
    struct client_event *error = client_event_new(EVENT_ERROR);
    struct client_event *done = client_event_new(EVENT_DONE);
    (void)snprintf(error->trouble.code, sizeof(error->trouble.code), "site.unknown");
    (void)snprintf(error->trouble.text, sizeof(error->trouble.text), "%s", told);
    done->done.exit = CLIENT_EXIT_REFUSED;
    (void)snprintf(done->done.trouble.code, sizeof(done->done.trouble.code), "site.unknown");
    (void)snprintf(done->done.trouble.text, sizeof(done->done.trouble.text), "not known here");
    done->done.totals.frames = frames;
    assert_int_equal(preview_show(&preview, error, NULL), OV_OK);
    assert_int_equal(preview_show(&preview, done, NULL), OV_OK);
    (void)close(ends[1]);
    char *text = calloc(1, 8192);
    assert_non_null(text);
    assert_true(read(ends[0], text, 8191) >= 0);
    (void)close(ends[0]);
    client_event_free(error);
    client_event_free(done);
    return text;
}

static void test_a_refusal_is_told_once_and_nothing_is_summed_up(void **state)
{
    (void)state;
    char *text = shown_end(false, "not known here", 0);
    assert_string_equal(text, "error: not known here (site.unknown)\n");
    free(text);
    text = shown_end(false, "something else", 0);
    assert_shows(text, "ended: not known here (site.unknown)\n", true);
    assert_shows(text, "frames", false);
    free(text);
    text = shown_end(false, "not known here", 3);
    assert_shows(text, "ended", false);
    assert_shows(text, "frames 3", true);
    free(text);
    text = shown_end(true, "not known here", 0);
    assert_shows(text, "\"event\":\"summary\"", true);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_terminal_shows_the_name_the_score_and_the_time),
        cmocka_unit_test(test_anything_else_gets_ids_category_and_response_only),
        cmocka_unit_test(test_json_without_a_terminal_has_exactly_the_allowed_keys),
        cmocka_unit_test(test_an_alert_of_another_run_has_an_age_but_no_recognition_time),
        cmocka_unit_test(test_output_that_is_gone_is_an_error),
        cmocka_unit_test(test_a_refusal_is_told_once_and_nothing_is_summed_up),
        cmocka_unit_test(test_the_summary_counts_rejections_and_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
