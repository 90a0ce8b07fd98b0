/* An alert kept as evidence and handed over, through overtctl, after its deployment has ended. */
#include "tests/integration/ctl/office.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "tests/integration/harness/process.h"

#define NUMBER SECRET_REFERENCE "777" /* never on a pipe */

static char alert[OV_ID_TEXT_SIZE];
static char hold[OV_ID_TEXT_SIZE];

static void only_value(struct world *world, const char *sql, char out[OV_ID_TEXT_SIZE])
{
    struct ov_buf rows = OV_BUF_INIT;
    assert_int_equal(world_psql(world, "owner", sql, &rows), 0);
    assert_true(rows.length > OV_ID_TEXT_SIZE - 1);
    (void)snprintf(out, OV_ID_TEXT_SIZE, "%s", rows.data);
    ov_buf_free(&rows);
}

static void it_takes_two_to_keep_an_alert(void **state)
{
    struct office *office = *state;
    assert_true(world_await_number(
        &office->world, "SELECT count(*) FROM overt.alert WHERE crop_state = 'awaited'", 0, 60000));
    only_value(&office->world, "SELECT id FROM overt.alert WHERE crop_state = 'matches' LIMIT 1",
               alert);
    struct said said =
        office_run(office, "ben", NUMBER "\n", "evidence", "propose", alert, "--for", "complaint",
                   "--brought-by", "subject", "--review", "2199-01-01T00:00Z", NULL);
    assert_int_equal(said.status, 1);
    assert_true(said_has(&said.err, "(evidence.review)"));
    said_free(&said);
    char too_long[5000];
    memset(too_long, '7', sizeof(too_long) - 1);
    too_long[sizeof(too_long) - 1] = '\0';
    said = office_run(office, "ben", too_long, "evidence", "propose", alert, "--for", "complaint",
                      "--brought-by", "subject", "--review", "2199-01-01T00:00Z", NULL);
    assert_int_equal(said.status, 2);
    assert_true(said_has(&said.err, "(input.line)"));
    said_free(&said);
    char review[OV_TIME_TEXT_SIZE];
    (void)ov_time_format(ov_clock_utc_us(ov_clock_system()) + 40 * 24 * 3600 * OV_US_PER_S, review);
    said = office_run(office, "ben", NUMBER "\n", "evidence", "propose", alert, "--for",
                      "complaint", "--brought-by", "subject", "--review", review, NULL);
    assert_int_equal(said.status, 0);
    assert_true(said_has(&said.out, "another person confirms it"));
    (void)snprintf(hold, sizeof(hold), "%s", said.out.data);
    said_free(&said);
    office_expect(office, "ben", 1, "evidence.same_person", "evidence", "confirm", hold, NULL);
    office_expect(office, "ada", 1, "permission.denied", "evidence", "confirm", hold, NULL);
    office_expect(office, "dora", 0, NULL, "evidence", "confirm", hold, NULL);
    office_expect(office, "dora", 1, "evidence.nothing_open", "evidence", "confirm", hold, NULL);
}

static void its_number_is_shown_on_a_terminal_only(void **state)
{
    struct office *office = *state;
    struct said pipe = office_run(office, "dora", NULL, "evidence", "list", NULL);
    struct said json = office_run(office, "dora", NULL, "--json", "evidence", "list", NULL);
    struct said terminal = office_on_terminal(office, "dora", "", "evidence", "list", NULL);
    assert_int_equal(pipe.status + json.status + terminal.status, 0);
    assert_true(said_has(&pipe.out, alert) && said_has(&pipe.out, "held"));
    assert_true(said_has(&json.out, alert));
    assert_true(said_has(&terminal.out, NUMBER));
    said_free(&pipe);
    said_free(&json);
    said_free(&terminal);
}

static void run(const char *const *argv)
{
    struct ov_buf out = OV_BUF_INIT;
    int status = process_run(argv, NULL, &out, &out, 60);
    if (status != 0)
        print_error("%s: %s\n", argv[0], out.data != NULL ? out.data : "");
    ov_buf_free(&out);
    assert_int_equal(status, 0);
}

static void it_leaves_sealed_to_its_recipient(void **state)
{
    struct office *office = *state;
    char key[PATH_MAX];
    char cert[PATH_MAX];
    char file[PATH_MAX];
    char tar[PATH_MAX];
    struct ov_buf content = OV_BUF_INIT;
    struct stat info;
    (void)snprintf(key, sizeof(key), "%s", world_path(&office->world, "court.key"));
    (void)snprintf(cert, sizeof(cert), "%s", world_path(&office->world, "court.pem"));
    (void)snprintf(file, sizeof(file), "%s", world_path(&office->world, "evidence.cms"));
    (void)snprintf(tar, sizeof(tar), "%s", world_path(&office->world, "evidence.tar"));
    run((const char *const[]){"openssl", "req", "-x509", "-nodes", "-newkey", "rsa:3072", "-subj",
                              "/CN=Court", "-days", "30", "-keyout", key, "-out", cert, NULL});
    office_expect(office, "dora", 1, "permission.denied", "evidence", "export", hold, "--recipient",
                  cert, "--out", file, NULL);
    office_expect(office, "ben", 1, "evidence.recipient", "evidence", "export", hold, "--recipient",
                  key, "--out", file, NULL);
    assert_int_not_equal(stat(file, &info), 0);
    office_expect(office, "ben", 0, NULL, "evidence", "export", hold, "--recipient", cert, "--out",
                  file, NULL);
    assert_int_equal(stat(file, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    office_expect(office, "ben", 2, "file.exists", "evidence", "export", hold, "--recipient", cert,
                  "--out", file, NULL);
    run((const char *const[]){"openssl", "cms", "-decrypt", "-inform", "DER", "-in", file, "-recip",
                              cert, "-inkey", key, "-out", tar, NULL});
    run((const char *const[]){"tar", "-C", office->world.dir, "-xf", tar, "subject.txt",
                              "probe.jpg", "reference.jpg", "manifest.json", NULL});
    assert_int_equal(ov_file_read(world_path(&office->world, "subject.txt"), 4096, &content, NULL),
                     OV_OK);
    assert_true(said_has(&content, SECRET_NAME));
    ov_buf_free(&content);
    assert_int_equal(
        ov_file_read(world_path(&office->world, "manifest.json"), 1u << 20, &content, NULL), OV_OK);
    assert_true(said_has(&content, alert) && said_has(&content, hold));
    ov_buf_free(&content);
    office_expect(office, "ben", 0, NULL, "evidence", "release", hold, NULL);
    office_expect(office, "ben", 1, "evidence.review", "evidence", "renew", hold, "--review",
                  "2199-01-01T00:00Z", NULL);
}

const struct CMUnitTest evidence_tests[] = {
    cmocka_unit_test(it_takes_two_to_keep_an_alert),
    cmocka_unit_test(its_number_is_shown_on_a_terminal_only),
    cmocka_unit_test(it_leaves_sealed_to_its_recipient),
};
const size_t evidence_test_count = sizeof(evidence_tests) / sizeof(evidence_tests[0]);
