/* The notice: nothing that somebody typed becomes markup, the same facts give the same bytes, the
 * QR code reads back, and whoever cannot see or does not run scripts gets all of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/notice/notice.h"

#define URL "https://www.example.police.example/lfr/high-street?notice=2026-05-01"

static const char *const categories[] = {"wanted_by_court", "missing_at_risk", "victims_sought"};

static struct notice_facts sample(void)
{
    return (struct notice_facts){
        .deployment_id = {{0x3f, 1, 2, 3, 4, 5, 0x46, 7, 0x88, 9, 10, 11, 12, 13, 14, 15}},
        .name = "High Street, May Day",
        .operator_name = "Exampleshire Police, Operations Department",
        .place = "High Street between Market Square and Station Road, Exampleton",
        .purpose = "To find people wanted by the courts for violent offences who, as recent "
                   "reports show, visit this street on market days.\nSecond paragraph.",
        .legal_basis = "Common law; Part 3 of the Data Protection Act 2018.",
        .necessity = "Patrols and appeals over three months did not find them.",
        .criteria = "A warrant not older than a year, for an offence of violence.",
        .contact = "Data Protection Officer\nPO Box 1, Exampleton\nlfr@example.police.example",
        .complaints = "Professional Standards\nor the Information Commissioner",
        .url = URL,
        .starts_at_us = INT64_C(1777629600000000), /* 2026-05-01T10:00:00Z, a Friday */
        .ends_at_us = INT64_C(1777651200000000),   /* 16:00 */
        .starts_offset_s = 3600,
        .ends_offset_s = 3600,
        .category_count = 3,
        .categories = categories,
        .cameras = 2,
        .expected_entries = 850,
        .retention_watchlist_h = 24,
        .retention_alert_h = 24,
        .retention_true_alert_h = 744};
}

/* NUL-terminated; the caller frees it with ov_buf_free. */
static struct ov_buf render(enum notice_part part, const struct notice_facts *facts)
{
    struct ov_buf out = OV_BUF_INIT;
    struct ov_error err = OV_ERROR_INIT;
    enum ov_status status = notice_render(part, facts, &out, &err);
    if (status != OV_OK)
        print_error("%s: %s\n", err.code, err.text);
    assert_int_equal(status, OV_OK);
    assert_int_equal(out.data[out.length], '\0');
    return out;
}

static size_t occurrences(const char *text, const char *of)
{
    size_t count = 0;
    for (const char *at = strstr(text, of); at != NULL; at = strstr(at + 1, of))
        count++;
    return count;
}

static void test_the_same_facts_give_the_same_bytes(void **state)
{
    (void)state;
    struct notice_facts facts = sample();
    for (int part = 0; part < NOTICE_PART_COUNT; part++) {
        struct ov_buf first = render((enum notice_part)part, &facts);
        struct ov_buf second = render((enum notice_part)part, &facts);
        assert_int_equal(first.length, second.length);
        assert_memory_equal(first.data, second.data, first.length);
        ov_buf_free(&second);
        facts.ends_at_us += 60000000;
        second = render((enum notice_part)part, &facts);
        assert_string_not_equal(first.data, second.data);
        facts.ends_at_us -= 60000000;
        ov_buf_free(&first);
        ov_buf_free(&second);
    }
}

static void set_text(struct notice_facts *facts, size_t which, const char *text)
{
    const char **texts[] = {&facts->name,     &facts->operator_name, &facts->place,
                            &facts->purpose,  &facts->legal_basis,   &facts->necessity,
                            &facts->criteria, &facts->contact,       &facts->complaints};
    *texts[which] = text;
}
#define TEXT_COUNT 9

static void test_no_text_becomes_markup(void **state)
{
    (void)state;
    static const char marker[] = "\"><script>MARK'&\x01\x7f\r\nMARK</style></script><img src=x>";
    for (size_t which = 0; which < TEXT_COUNT; which++) {
        bool seen = false;
        for (int part = 0; part < NOTICE_PART_COUNT; part++) {
            struct notice_facts facts = sample();
            set_text(&facts, which, marker);
            struct ov_buf out = render((enum notice_part)part, &facts);
            seen = seen || strstr(out.data, "&quot;&gt;&lt;script&gt;MARK&#39;&amp;") != NULL;
            assert_null(strstr(out.data, "<script"));
            assert_null(strstr(out.data, "<img"));
            assert_int_equal(occurrences(out.data, "</style>"), 1);
            for (size_t i = 0; i < out.length; i++)
                assert_true((unsigned char)out.data[i] >= 0x20 || out.data[i] == '\n');
            assert_null(strchr(out.data, 0x7f));
            ov_buf_free(&out);
        }
        assert_true(seen);
    }
    static const char *const hostile[] = {"<script>_"};
    struct notice_facts facts = sample();
    facts.categories = hostile;
    facts.category_count = 1;
    struct ov_buf out = render(NOTICE_PAGE, &facts);
    assert_null(strstr(out.data, "<script"));
    ov_buf_free(&out);
}

static void test_an_address_is_one_or_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"http://example.org",      "https://",
                                      "javascript:alert(1)",     "https://example.org/\"><script>",
                                      "https://example.org/a b", "https://example.org/\xc3\xbc",
                                      "https://example.org/'"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct notice_facts facts = sample();
        struct ov_buf out = OV_BUF_INIT;
        struct ov_error err = OV_ERROR_INIT;
        facts.url = bad[i];
        assert_false(notice_url_valid(bad[i]));
        assert_int_equal(notice_render(NOTICE_SIGN, &facts, &out, &err), OV_ERR_INVALID);
        assert_string_equal(err.code, "notice.url");
        ov_buf_free(&out);
    }
    char longest[NOTICE_URL_MAX + 2] = "https://example.org/";
    memset(longest + 20, 'a', NOTICE_URL_MAX + 1 - 20);
    assert_false(notice_url_valid(longest));
    longest[NOTICE_URL_MAX] = '\0';
    assert_true(notice_url_valid(longest));
    struct notice_facts facts = sample();
    facts.url = longest;
    struct ov_buf out = render(NOTICE_SIGN, &facts); /* the longest fits the code */
    ov_buf_free(&out);
}

/* What the page says, in the words somebody would look for. */
static void test_the_page_says_everything(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "High Street, May Day",
        "Exampleshire Police",
        "between Market Square and Station Road",
        "Friday 1 May 2026, 11:00",
        ">17:00<",
        "UTC+01:00",
        "wanted by the courts for violent",
        "<p>Second paragraph.</p>",
        "Part 3 of the Data Protection Act",
        "Patrols and appeals",
        "a court has issued a warrant",
        "missing and at risk of harm",
        "victims sought",
        "A warrant not older than a year",
        "about 850",
        "no later than 24 hours",
        "if it is, within 31 days",
        "wiped at once",
        "<em>a person</em>",
        "PO Box 1, Exampleton",
        "Information Commissioner",
        "3f010203-0405-4607-8809-0a0b0c0d0e0f",
        "datetime=\"2026-05-01T10:00:00",
    };
    struct notice_facts facts = sample();
    struct ov_buf out = render(NOTICE_PAGE, &facts);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        if (strstr(out.data, wanted[i]) == NULL)
            fail_msg("the page does not say \"%s\"", wanted[i]);
    ov_buf_free(&out);
}

static void test_an_exercise_is_marked_on_every_part_and_nothing_else_is(void **state)
{
    (void)state;
    for (int part = 0; part < NOTICE_PART_COUNT; part++) {
        struct notice_facts facts = sample();
        struct ov_buf out = render((enum notice_part)part, &facts);
        assert_null(strstr(out.data, ">Exercise"));
        ov_buf_free(&out);
        facts.exercise = true;
        out = render((enum notice_part)part, &facts);
        assert_non_null(strstr(out.data, ">Exercise"));
        assert_non_null(strstr(out.data, "<body class=\"exercise\">"));
        ov_buf_free(&out);
    }
}

/* The rules that a machine can check of WCAG: language, one title, one first heading, headings in
 * order, landmarks, names of pictures, ids once; and no script, no outside resource. */
static void test_every_part_is_plain_to_assistive_technology_and_loads_nothing(void **state)
{
    (void)state;
    static const char *const forbidden[] = {"<script", "<link",   "<img",  "<iframe", "<object",
                                            "url(",    "@import", " on",   "src=",    "<form",
                                            "<table",  "<b>",     "<font", "tabindex"};
    for (int part = 0; part < NOTICE_PART_COUNT; part++) {
        struct notice_facts facts = sample();
        struct ov_buf out = render((enum notice_part)part, &facts);
        assert_non_null(strstr(out.data, "<html lang=\"en\">"));
        assert_non_null(strstr(out.data, "<meta charset=\"utf-8\">"));
        assert_non_null(strstr(out.data, "content=\"width=device-width, initial-scale=1\""));
        assert_non_null(strstr(out.data, "default-src 'none'"));
        assert_int_equal(occurrences(out.data, "<title>"), 1);
        assert_int_equal(occurrences(out.data, "<h1>"), 1);
        assert_int_equal(occurrences(out.data, "<main"), 1);
        assert_int_equal(occurrences(out.data, "<svg"),
                         occurrences(out.data, "aria-hidden=\"true\"") +
                             occurrences(out.data, "role=\"img\""));
        assert_int_equal(occurrences(out.data, "role=\"img\""),
                         occurrences(out.data, "aria-label=\""));
        const char *body = strstr(out.data, "<body");
        for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
            if (strcmp(forbidden[i], " on") != 0 && strstr(out.data, forbidden[i]) != NULL)
                fail_msg("part %d has %s", part, forbidden[i]);
        assert_null(strstr(body, " onload"));
        assert_null(strstr(body, " onclick"));
        int level = 0;
        for (const char *at = strstr(body, "<h"); at != NULL; at = strstr(at + 1, "<h")) {
            if (at[2] < '1' || at[2] > '6')
                continue;
            /* In the leaflet the back is printed left of the front, hence before the title. */
            assert_true(at[2] - '0' <= level + 1 || part == NOTICE_LEAFLET);
            level = at[2] - '0';
        }
        assert_int_equal(occurrences(out.data, "<div"), occurrences(out.data, "</div>"));
        assert_int_equal(occurrences(out.data, "<section"), occurrences(out.data, "</section>"));
        assert_int_equal(occurrences(out.data, "<p"),
                         occurrences(out.data, "</p>") + occurrences(out.data, "<path"));
        assert_int_equal(occurrences(out.data, "<li"), occurrences(out.data, "</li>"));
        ov_buf_free(&out);
    }
}

static void test_long_texts_are_cut_at_words_where_there_is_no_room(void **state)
{
    (void)state;
    char words[8001];
    char one_word[8001];
    for (size_t i = 0; i < 8000; i++) {
        words[i] = i % 7 == 6 ? ' ' : 'w';
        one_word[i] = "\xc3\xbc"[i % 2];
    }
    words[8000] = one_word[8000] = '\0';
    for (int part = 0; part < NOTICE_PART_COUNT; part++) {
        struct notice_facts facts = sample();
        facts.purpose = words;
        facts.place = one_word;
        struct ov_buf out = render((enum notice_part)part, &facts);
        if (part == NOTICE_PAGE) {
            assert_non_null(strstr(out.data, words));
        } else {
            assert_non_null(strstr(out.data, "wwwwww\xe2\x80\xa6")); /* after a whole word */
            assert_true(out.length < 40000);
        }
        for (size_t i = 0; i + 1 < out.length; i++) /* no half character */
            if ((unsigned char)out.data[i] == 0xc3)
                assert_int_equal((unsigned char)out.data[i + 1], 0xbc);
        ov_buf_free(&out);
    }
}

static void test_little_said_still_makes_a_notice(void **state)
{
    (void)state;
    struct notice_facts facts = {.name = "x", .exercise = true, .ends_at_us = 86400000000};
    for (int part = 0; part < NOTICE_PART_COUNT; part++) {
        struct ov_buf out = render((enum notice_part)part, &facts);
        assert_null(strstr(out.data, "class=\"qr\""));
        assert_non_null(strstr(out.data, "Thursday 1 January 1970"));
        assert_non_null(strstr(out.data, "Friday 2 January 1970"));
        ov_buf_free(&out);
    }
}

/* --- the QR code, read back by another program --- */

#define SCALE 4

/* The code's modules from the SVG, as a picture. */
static void write_picture(const char *html, const char *path)
{
    const char *svg = strstr(html, "class=\"qr\"");
    int width = 0;
    assert_non_null(svg);
    assert_int_equal(sscanf(strstr(svg, "viewBox="), "viewBox=\"0 0 %d", &width), 1);
    assert_in_range(width, 21, 200);
    size_t side = (size_t)width * SCALE;
    unsigned char *pixels = malloc(side * side);
    assert_non_null(pixels);
    memset(pixels, 255, side * side);
    const char *at = strstr(svg, "fill=\"#000\" d=\"");
    assert_non_null(at);
    int x = 0;
    int y = 0;
    int run = 0;
    for (at = strchr(at, 'M'); sscanf(at, "M%d %dh%d", &x, &y, &run) == 3; at = strchr(at, 'z') + 1)
        for (int row = 0; row < SCALE; row++)
            memset(pixels + ((size_t)y * SCALE + (size_t)row) * side + (size_t)x * SCALE, 0,
                   (size_t)run * SCALE);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fprintf(file, "P5\n%zu %zu\n255\n", side, side) > 0);
    assert_int_equal(fwrite(pixels, side, side, file), side);
    assert_int_equal(fclose(file), 0);
    free(pixels);
}

static void test_the_qr_code_of_every_part_reads_back_as_the_address(void **state)
{
    (void)state;
    if (access("/usr/bin/zbarimg", X_OK) != 0) {
        print_message("zbar-tools is not installed: the codes are not read back\n");
        skip();
    }
    for (int part = 0; part < NOTICE_PART_COUNT; part++) {
        char path[] = "/tmp/overt-notice-XXXXXX.pgm";
        char command[128];
        char said[NOTICE_URL_MAX + 2] = "";
        struct notice_facts facts = sample();
        struct ov_buf out = render((enum notice_part)part, &facts);
        int made = mkstemps(path, 4);
        assert_true(made >= 0);
        (void)close(made);
        write_picture(out.data, path);
        (void)snprintf(command, sizeof(command), "zbarimg -q --raw %s 2>/dev/null", path);
        FILE *reader = popen(command, "r"); /* NOLINT(cert-env33-c): a test's own words */
        assert_non_null(reader);
        assert_non_null(fgets(said, sizeof(said), reader));
        assert_int_equal(pclose(reader), 0);
        said[strcspn(said, "\n")] = '\0';
        assert_string_equal(said, URL);
        (void)unlink(path);
        ov_buf_free(&out);
    }
}

#define LONG_TEXT                                                                                  \
    "What somebody writes who has a lot to say about a street, about the people who use it and "   \
    "about those who are looked for there, and who does not stop before it is all said. Then it "  \
    "goes on for yet another sentence, which is not shorter, and ends with a list of places, of "  \
    "telephone numbers and of hours in which somebody can be reached at each of them. "

/* With OVERT_NOTICE_OUT the sample's parts are written there, to be looked at. */
static void write_samples(const char *folder)
{
    for (int exercise = 0; exercise < 2; exercise++)
        for (int part = 0; part < NOTICE_PART_COUNT; part++) {
            char path[512];
            struct ov_buf out = OV_BUF_INIT;
            struct notice_facts facts = sample();
            facts.exercise = exercise != 0;
            if (exercise != 0) { /* the fullest that there can be */
                facts.purpose = LONG_TEXT LONG_TEXT LONG_TEXT;
                facts.legal_basis = facts.criteria = facts.place = LONG_TEXT;
                facts.operator_name = facts.contact = facts.complaints = LONG_TEXT;
                facts.ends_at_us += INT64_C(36000000000);
            }
            (void)snprintf(path, sizeof(path), "%s/%s%s.html", folder,
                           notice_part_name((enum notice_part)part), exercise != 0 ? "-ex" : "");
            FILE *file = fopen(path, "w");
            if (file == NULL ||
                notice_render((enum notice_part)part, &facts, &out, NULL) != OV_OK ||
                fwrite(out.data, 1, out.length, file) != out.length)
                (void)fprintf(stderr, "%s cannot be written\n", path);
            if (file != NULL)
                (void)fclose(file);
            ov_buf_free(&out);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_facts_give_the_same_bytes),
        cmocka_unit_test(test_no_text_becomes_markup),
        cmocka_unit_test(test_an_address_is_one_or_is_refused),
        cmocka_unit_test(test_the_page_says_everything),
        cmocka_unit_test(test_an_exercise_is_marked_on_every_part_and_nothing_else_is),
        cmocka_unit_test(test_every_part_is_plain_to_assistive_technology_and_loads_nothing),
        cmocka_unit_test(test_long_texts_are_cut_at_words_where_there_is_no_room),
        cmocka_unit_test(test_little_said_still_makes_a_notice),
        cmocka_unit_test(test_the_qr_code_of_every_part_reads_back_as_the_address),
    };
    if (getenv("OVERT_NOTICE_OUT") != NULL)
        write_samples(getenv("OVERT_NOTICE_OUT"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
