/* Applying, and the watchlist: built by one, approved by another, names on terminals only. */
#include "tests/integration/ctl/office.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "common/base/file.h"
#include "tests/integration/ctl/faces.h"

#define NAME "North gate, 1/May?" /* every character that a URL would stumble over */
#define AGAIN "North gate, 2 May"
#define GOOD_ROWS 24
#define BAD_ROWS 6

static void sites_are_added_once(void **state)
{
    struct office *office = *state;
    office_expect(office, "ada", 0, NULL, "site", "add", "north", NULL);
    office_expect(office, "ada", 1, "site.exists", "site", "add", "north", NULL);
    office_expect(office, "ada", 1, "site.name", "site", "add", "North Gate", NULL);
    struct said said = office_run(office, "ben", NULL, "site", "list", NULL);
    assert_int_equal(said.status, 0);
    assert_true(said_has(&said.out, "north"));
    said_free(&said);
}

static void applications_are_checked_here_and_there(void **state)
{
    struct office *office = *state;
    office_expect(office, "ada", 2, "usage.option", "deployment", "create", NAME, "--site", "north",
                  NULL);
    office_expect(office, "ada", 2, "usage.option", "deployment", "create", NAME, "--purpose", "p",
                  "--site", "north", "--hours", "2", "--end", "2030-01-01T00:00Z", NULL);
    office_expect(office, "ada", 2, "usage.option", "deployment", "create", NAME, "--purpose", "p",
                  "--site", "north", "--start", "soon", NULL);
    office_expect(office, "ada", 1, "deployment.site_unknown", "deployment", "create", NAME,
                  "--purpose", "p", "--site", "south", NULL);
    office_expect(office, "ada", 1, "deployment.threshold", "deployment", "create", NAME,
                  "--purpose", "p", "--site", "north", "--threshold", "0.99", NULL);
    office_expect(office, "ada", 0, NULL, "deployment", "create", NAME, "--purpose",
                  "tests of overtctl", "--site", "north", "--hours", "2", "--threshold", "0.5",
                  "--cool-down", "0", NULL);
    office_expect(office, "ada", 1, "deployment.exists", "deployment", "create", NAME, "--purpose",
                  "p", "--site", "north", NULL);
    office_expect(office, "ada", 2, "usage.confirm", "deployment", "apply", NAME, NULL);
    struct said said =
        office_on_terminal(office, "ada", "yes\n", "deployment", "apply", NAME, NULL);
    assert_int_equal(said.status, 0);
    assert_true(said_has(&said.out, "purpose: tests of overtctl"));
    assert_true(said_has(&said.out, "threshold_millionths: 0.500000"));
    assert_true(said_has(&said.out, "overt statement v1; act=deployment.apply; deployment="));
    said_free(&said);
}

static void a_deployment_is_found_by_name_and_by_id(void **state)
{
    struct office *office = *state;
    struct said by_name =
        office_run(office, "ben", NULL, "--json", "deployment", "show", NAME, NULL);
    assert_int_equal(by_name.status, 0);
    json_t *deployment = json_loadb(by_name.out.data, by_name.out.length, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(deployment, "state")), "applied");
    struct said by_id = office_run(office, "ben", NULL, "--json", "deployment", "show",
                                   json_string_value(json_object_get(deployment, "id")), NULL);
    assert_int_equal(by_id.status, 0);
    assert_string_equal(by_id.out.data, by_name.out.data);
    json_decref(deployment);
    said_free(&by_name);
    said_free(&by_id);
    office_expect(office, "ben", 1, "deployment.unknown", "deployment", "show", "../status", NULL);
}

static void nothing_starts_without_another_person_and_a_list(void **state)
{
    struct office *office = *state;
    char reasons[PATH_MAX];
    (void)snprintf(reasons, sizeof(reasons), "%s", world_path(&office->world, "reasons.txt"));
    FILE *file = fopen(reasons, "w");
    assert_non_null(file);
    assert_true(fputs(WORLD_REASONS "[conditions]\nNot in the rain.\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    office_expect(office, "ben", 1, "deployment.not_authorised", "deployment", "start", NAME, NULL);
    office_expect(office, "ada", 1, "permission.denied", "--yes", "deployment", "authorise", NAME,
                  "--reasons", reasons, NULL);
    office_expect(office, "ben", 2, "usage.confirm", "deployment", "authorise", NAME, "--reasons",
                  reasons, NULL);
    struct said said = office_on_terminal(office, "ben", "yes\n", "deployment", "authorise", NAME,
                                          "--reasons", reasons, NULL);
    assert_int_equal(said.status, 0);
    assert_true(said_has(&said.out, "Not in the rain."));
    assert_true(said_has(&said.out, "overt statement v1; act=deployment.authorise; deployment="));
    said_free(&said);
    office_expect(office, "ben", 1, "deployment.no_entries", "deployment", "start", NAME, NULL);
}

/* --- adding one --- */

static void an_entry_comes_from_standard_input(void **state)
{
    struct office *office = *state;
    struct said said =
        office_run(office, "ada", SECRET_NAME " Zo\xc3\xab\n" SECRET_REFERENCE "1\n", "--json",
                   "watchlist", "add", NAME, world_path(&office->world, "list/portrait-0.jpg"),
                   "--category", "missing_at_risk", "--response", "identify", NULL);
    assert_int_equal(said.status, 0);
    json_t *entry = json_loadb(said.out.data, said.out.length, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(entry, "state")), "proposed");
    (void)snprintf(office->entry, sizeof(office->entry), "%s",
                   json_string_value(json_object_get(entry, "id")));
    json_decref(entry);
    said_free(&said);
}

static void an_entry_comes_from_a_prompt_or_a_file(void **state)
{
    struct office *office = *state;
    char photo[PATH_MAX];
    (void)snprintf(photo, sizeof(photo), "%s", world_path(&office->world, "list/portrait-1.jpg"));
    struct said said = office_on_terminal(
        office, "ada", SECRET_NAME " Prompt\n" SECRET_REFERENCE "2\n", "watchlist", "add", NAME,
        photo, "--category", "missing_at_risk", "--response", "identify", NULL);
    assert_int_equal(said.status, 0);
    assert_true(said_has(&said.out, "Name of the subject: "));
    said_free(&said);
    char file[PATH_MAX];
    (void)snprintf(file, sizeof(file), "%s", world_path(&office->world, "subject.txt"));
    static const char text[] = SECRET_NAME " File\n" SECRET_REFERENCE "3\n";
    assert_int_equal(ov_file_write_new(file, 0600, text, sizeof(text) - 1, NULL), OV_OK);
    office_expect(office, "ada", 0, NULL, "watchlist", "add", NAME, photo, "--subject", file,
                  "--category", "missing_at_risk", "--response", "identify", NULL);
}

static void bad_entries_are_refused_with_a_reason(void **state)
{
    struct office *office = *state;
    char group[PATH_MAX + 64];
    char subject[PATH_MAX]; /* a copy: world_path's results do not last long */
    (void)snprintf(subject, sizeof(subject), "%s", world_path(&office->world, "subject.txt"));
    (void)snprintf(group, sizeof(group), "%s/photos/sample3.jpg", office->world.deps);
    struct said several =
        office_run(office, "ada", NULL, "watchlist", "add", NAME, group, "--subject", subject,
                   "--category", "missing_at_risk", "--response", "identify", NULL);
    assert_int_equal(several.status, 1);
    assert_true(said_has(&several.err, "; use --region X,Y,WIDTH,HEIGHT to say which "
                                       "(watchlist.several_faces)"));
    said_free(&several);
    office_expect(office, "ada", 1, "watchlist.category", "watchlist", "add", NAME,
                  world_path(&office->world, "list/portrait-1.jpg"), "--subject", subject,
                  "--category", "of_interest", "--response", "identify", NULL);
    office_expect(office, "ada", 2, "image.not_jpeg", "watchlist", "add", NAME, subject,
                  "--subject", subject, "--category", "missing_at_risk", "--response", "identify",
                  NULL);
    office_expect(office, "ada", 2, "subject.text", "watchlist", "add", NAME,
                  world_path(&office->world, "list/portrait-1.jpg"), "--category",
                  "missing_at_risk", "--response", "identify", NULL);
    /* One reference, another person's face. */
    office_expect(office, "ada", 1, "watchlist.images_differ", "watchlist", "add", NAME, group,
                  "--region", "945,100,488,496", "--subject", subject, "--category",
                  "missing_at_risk", "--response", "identify", NULL);
}

/* --- importing --- */

static void write_list(struct office *office)
{
    struct ov_buf csv = OV_BUF_INIT;
    ov_buf_puts(&csv, "\xef\xbb\xbfreference,name,image,response,category\r\n");
    for (int i = 0; i < GOOD_ROWS; i++) {
        if (i == 3)
            ov_buf_puts(&csv, SECRET_REFERENCE "a," SECRET_NAME ",portrait-none.jpg,identify,"
                                               "missing_at_risk\r\n");
        if (i == 5)
            ov_buf_puts(&csv, SECRET_REFERENCE "b,\"" SECRET_NAME ",portrait-1.jpg,identify,"
                                               "missing_at_risk\r\n");
        if (i == 7)
            ov_buf_puts(&csv, SECRET_REFERENCE "c," SECRET_NAME ",../overtd.conf,identify,"
                                               "missing_at_risk\r\n");
        if (i == 9)
            ov_buf_puts(&csv, SECRET_REFERENCE "d," SECRET_NAME ",portrait-1.jpg,identify,"
                                               "of_interest\r\n");
        if (i == 11)
            ov_buf_puts(&csv, SECRET_REFERENCE "e," SECRET_NAME ",subjects.csv,identify,"
                                               "missing_at_risk\r\n");
        if (i == 13)
            ov_buf_puts(&csv, SECRET_REFERENCE "f," SECRET_NAME ",portrait-1.jpg,identify\r\n");
        ov_buf_printf(&csv,
                      SECRET_REFERENCE "row%d,\"" SECRET_NAME ", the %dth\",portrait-%d.jpg,"
                                       "identify,missing_at_risk\r\n",
                      i, i, i % FACES_COUNT);
    }
    assert_int_equal(ov_file_write_new(world_path(&office->world, "list/subjects.csv"), 0600,
                                       csv.data, csv.length, NULL),
                     OV_OK);
    ov_buf_free(&csv);
}

static void check_report(const struct ov_buf *report)
{
    static const char *const bad[BAD_ROWS] = {"\n5,file.open\n",       "\n8,row.quotes\n",
                                              "\n11,row.image_path\n", "\n14,watchlist.category\n",
                                              "\n17,image.not_jpeg\n", "\n20,row.columns\n"};
    assert_true(strncmp(report->data, "row,outcome\n", 12) == 0);
    assert_int_equal(count_in(report, "\n"), 1 + GOOD_ROWS + BAD_ROWS);
    assert_int_equal(count_in(report, ",added\n"), GOOD_ROWS);
    for (size_t i = 0; i < BAD_ROWS; i++)
        assert_true(said_has(report, bad[i]));
}

static void bad_rows_never_block_good_ones(void **state)
{
    struct office *office = *state;
    struct ov_buf report = OV_BUF_INIT;
    struct stat info;
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s", world_path(&office->world, "report.csv"));
    write_list(office);
    struct said said = office_run(office, "ada", NULL, "--json", "watchlist", "import", NAME,
                                  world_path(&office->world, "list"), "--report", path, NULL);
    assert_int_equal(said.status, 3);
    json_t *answer = json_loadb(said.out.data, said.out.length, 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(answer, "added")), GOOD_ROWS);
    assert_int_equal(json_integer_value(json_object_get(answer, "failed")), BAD_ROWS);
    assert_int_equal(json_array_size(json_object_get(answer, "rows")), GOOD_ROWS + BAD_ROWS);
    json_decref(answer);
    assert_true(said_has(&said.err, "30 of 30 rows, 6 failed"));
    said_free(&said);
    assert_int_equal(ov_file_read(path, 1 << 20, &report, NULL), OV_OK);
    check_report(&report);
    assert_false(said_has(&report, SECRET_NAME));
    assert_false(said_has(&report, SECRET_FILE));
    ov_buf_free(&report);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void a_report_of_something_else_is_never_overwritten(void **state)
{
    struct office *office = *state;
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s", world_path(&office->world, "kept.csv"));
    assert_int_equal(ov_file_write_new(path, 0600, "mine", 4, NULL), OV_OK);
    office_expect(office, "ada", 2, "report.open", "watchlist", "import", NAME,
                  world_path(&office->world, "list"), "--report", path, NULL);
    struct ov_buf kept = OV_BUF_INIT;
    assert_int_equal(ov_file_read(path, 16, &kept, NULL), OV_OK);
    assert_string_equal(kept.data, "mine");
    ov_buf_free(&kept);
    assert_int_not_equal(access(world_path(&office->world, "kept.csv.state"), F_OK), 0);
    /* Nor through a link, not even one that was put where this import's report was. */
    (void)snprintf(path, sizeof(path), "%s", world_path(&office->world, "report.csv"));
    assert_int_equal(rename(path, world_path(&office->world, "report.away")), 0);
    assert_int_equal(symlink("kept.csv", path), 0);
    office_expect(office, "ada", 2, "report.open", "watchlist", "import", NAME,
                  world_path(&office->world, "list"), "--report", path, NULL);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rename(world_path(&office->world, "report.away"), path), 0);
    assert_int_equal(ov_file_read(world_path(&office->world, "kept.csv"), 16, &kept, NULL), OV_OK);
    assert_string_equal(kept.data, "mine");
    ov_buf_free(&kept);
}

/* The state says so with a report; the server says so without. */
static void an_import_done_again_adds_nothing(void **state)
{
    struct office *office = *state;
    struct ov_buf report = OV_BUF_INIT;
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s", world_path(&office->world, "report.csv"));
    struct said said = office_run(office, "ada", NULL, "--json", "watchlist", "import", NAME,
                                  world_path(&office->world, "list"), "--report", path, NULL);
    assert_int_equal(said.status, 3); /* the bad rows are as bad as before */
    json_t *answer = json_loadb(said.out.data, said.out.length, 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(answer, "added")), 0);
    assert_int_equal(json_integer_value(json_object_get(answer, "there_already")), GOOD_ROWS);
    json_decref(answer);
    said_free(&said);
    assert_int_equal(ov_file_read(path, 1 << 20, &report, NULL), OV_OK);
    assert_int_equal(count_in(&report, "\n"), 1 + GOOD_ROWS + BAD_ROWS);
    assert_int_equal(count_in(&report, ",added_before\n"), GOOD_ROWS);
    said = office_run(office, "ada", NULL, "watchlist", "import", NAME,
                      world_path(&office->world, "list"), NULL);
    assert_int_equal(said.status, 3);
    assert_true(said_has(&said.out, "0 added, 24 there already, 6 failed, 0 not tried"));
    said_free(&said);
    ov_buf_free(&report);
}

static void a_hopeless_import_stops_with_the_server_s_reason(void **state)
{
    struct office *office = *state;
    office_expect(office, "ada", 1, "deployment.unknown", "watchlist", "import", "no such",
                  world_path(&office->world, "list"), NULL);
    office_expect(office, "ada", 2, "import.header", "watchlist", "import", NAME,
                  world_path(&office->world, "subject.txt"), NULL);
}

/* --- rule 10 --- */

static void names_are_shown_on_a_terminal_only(void **state)
{
    struct office *office = *state;
    struct said pipe = office_run(office, "ben", NULL, "watchlist", "list", NAME, NULL);
    struct said json = office_run(office, "ben", NULL, "--json", "watchlist", "list", NAME, NULL);
    struct said terminal = office_on_terminal(office, "ben", "", "watchlist", "list", NAME, NULL);
    struct said terminal_json =
        office_on_terminal(office, "ben", "", "--json", "watchlist", "list", NAME, NULL);
    assert_int_equal(pipe.status + json.status + terminal.status + terminal_json.status, 0);
    assert_true(said_has(&pipe.out, office->entry));
    assert_true(said_has(&json.out, office->entry));
    assert_false(said_has(&pipe.out, "\033"));
    assert_false(said_has(&json.out, "\"name\""));
    assert_false(said_has(&json.out, "\"reference\""));
    assert_false(said_has(&json.out, "\"added_at\""));
    assert_int_equal(count_in(&terminal.out, SECRET_NAME), GOOD_ROWS + 3);
    assert_true(said_has(&terminal.out, SECRET_NAME " Zo\xc3\xab"));
    assert_true(said_has(&terminal.out, "\033["));
    assert_int_equal(count_in(&terminal_json.out, "\"" SECRET_NAME), GOOD_ROWS + 3);
    said_free(&pipe);
    said_free(&json);
    said_free(&terminal);
    said_free(&terminal_json);
}

static void states_are_selected_without_being_shown(void **state)
{
    struct office *office = *state;
    struct said said =
        office_run(office, "ben", NULL, "watchlist", "list", NAME, "--state", "withdrawn", NULL);
    assert_int_equal(said.status, 0);
    assert_int_equal(count_in(&said.out, "\n"), 1);
    said_free(&said);
    /* A misspelt state is not an empty list. */
    said = office_run(office, "ben", NULL, "watchlist", "list", NAME, "--state", "propsed", NULL);
    assert_int_equal(said.status, 2);
    said_free(&said);
}

static size_t widest_line(const struct ov_buf *shown)
{
    size_t widest = 0;
    for (const char *line = shown->data; *line != '\0';) {
        size_t length = strcspn(line, "\r\n");
        widest = length > widest ? length : widest;
        line += length + strspn(line + length, "\r\n");
    }
    return widest;
}

static void a_narrow_terminal_gets_blocks_and_a_pipe_the_table(void **state)
{
    struct office *office = *state;
    office->columns = 80;
    struct said list = office_on_terminal(office, "ben", "", "watchlist", "list", NAME, NULL);
    struct said status = office_on_terminal(office, "ben", "", "status", NULL);
    office->columns = 0;
    struct said wide = office_on_terminal(office, "ben", "", "watchlist", "list", NAME, NULL);
    struct said pipe = office_run(office, "ben", NULL, "watchlist", "list", NAME, NULL);
    assert_int_equal(list.status + status.status + wide.status + pipe.status, 0);
    assert_false(said_has(&list.out, "ENTRY"));
    assert_int_equal(count_in(&list.out, "\nentry  "), GOOD_ROWS + 3);
    assert_int_equal(strncmp(list.out.data, "name  ", 6), 0);
    assert_in_range(widest_line(&list.out), 1, 80 + 2 * 5); /* colours take no columns */
    assert_in_range(widest_line(&status.out), 1, 80 + 2 * 5);
    assert_true(said_has(&wide.out, "ENTRY"));
    assert_true(said_has(&pipe.out, "ENTRY"));
    said_free(&list);
    said_free(&status);
    said_free(&wide);
    said_free(&pipe);
}

static void refusals_say_what_to_do(void **state)
{
    struct office *office = *state;
    struct said said = office_run(office, "ben", NULL, "alerts", "no such", NULL);
    assert_true(said_has(&said.err, "'overtctl deployment list' shows them"));
    said_free(&said);
    said = office_run(office, "ada", NULL, "site", "add", "north", NULL);
    assert_true(said_has(&said.err, "can be named in deployments"));
    said_free(&said);
    said = office_run(office, "ada", NULL, "deployment", "create", "long", "--purpose", "p",
                      "--site", "north", "--hours", "12.5", NULL);
    assert_int_equal(said.status, 2);
    assert_true(said_has(&said.err, "12 at most"));
    said_free(&said);
}

static void an_import_on_a_terminal_explains_its_codes(void **state)
{
    struct office *office = *state;
    char folder[PATH_MAX];
    (void)snprintf(folder, sizeof(folder), "%s", world_path(&office->world, "list"));
    office_expect(office, "ada", 0, NULL, "deployment", "create", "explained", "--purpose", "p",
                  "--site", "north", NULL);
    office_expect(office, "ada", 0, NULL, "--yes", "deployment", "apply", "explained", NULL);
    struct said said =
        office_on_terminal(office, "ada", "", "watchlist", "import", "explained", folder, NULL);
    assert_int_equal(said.status, 3);
    assert_true(said_has(&said.out, "there is no such image, or it may not be read"));
    assert_true(said_has(&said.out, "the category has to be one of"));
    assert_false(said_has(&said.out, SECRET_NAME));
    assert_false(said_has(&said.out, SECRET_REFERENCE));
    assert_false(said_has(&said.out, SECRET_FILE));
    said_free(&said);
}

/* --- approving --- */

/* Enter as often as there may be entries to open. */
#define ENTERS "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"

static void approval_takes_another_person_a_terminal_and_a_yes(void **state)
{
    struct office *office = *state;
    office_expect(office, "ben", 2, "output.terminal", "--yes", "watchlist", "approve", NAME, NULL);
    office_expect(office, "ben", 2, "output.terminal", "watchlist", "open", NAME, office->entry,
                  NULL);
    office_expect(office, "ben", 2, "usage.entry", "--yes", "watchlist", "approve", NAME,
                  "../approve", NULL);
    struct said own = office_on_terminal(office, "ada", "", "watchlist", "approve", NAME, NULL);
    assert_int_equal(own.status, 1);
    assert_true(said_has(&own.out, "(permission.denied)") ||
                said_has(&own.out, "(watchlist.nothing_proposed)"));
    said_free(&own);
    struct said quit =
        office_on_terminal(office, "ben", "\nx\nq\n", "watchlist", "approve", NAME, NULL);
    assert_int_equal(quit.status, 2);
    assert_true(said_has(&quit.out, "27 entries to approve"));
    assert_true(said_has(&quit.out, "2 of "));
    assert_true(said_has(&quit.out, "(confirm.no)"));
    assert_true(said_has(&quit.out, SECRET_NAME));
    assert_true(said_has(&quit.out, "\033[38;2;")); /* a face */
    said_free(&quit);
    struct said no = office_on_terminal(office, "ben", ENTERS, "watchlist", "approve", NAME, NULL);
    assert_int_equal(no.status, 2);
    assert_true(said_has(&no.out, "Approve 27 proposed entries, of which you opened"));
    assert_true(said_has(&no.out, "(confirm.no)"));
    said_free(&no);
    /* All that look alike (one face under several references) are flagged, and opened by now. */
    struct said yes =
        office_on_terminal(office, "ben", ENTERS, "--yes", "watchlist", "approve", NAME, NULL);
    assert_int_equal(yes.status, 0);
    assert_true(said_has(&yes.out, "approved: 27"));
    said_free(&yes);
    struct said none = office_on_terminal(office, "ben", "", "watchlist", "approve", NAME, NULL);
    assert_int_equal(none.status, 1);
    assert_true(said_has(&none.out, "(watchlist.nothing_proposed)"));
    said_free(&none);
}

static void a_list_is_reviewed_before_it_goes_live(void **state)
{
    struct office *office = *state;
    office_expect(office, "ben", 1, "watchlist.not_reviewed", "deployment", "start", NAME, NULL);
    office_expect(office, "ben", 2, "usage.confirm", "watchlist", "review", NAME, NULL);
    struct said said =
        office_run(office, "ben", NULL, "--yes", "--json", "watchlist", "review", NAME, NULL);
    assert_int_equal(said.status, 0);
    json_t *review = json_loadb(said.out.data, said.out.length, 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(review, "added")), 27);
    assert_int_equal(json_integer_value(json_object_get(review, "relisted")), 0);
    json_decref(review);
    said_free(&said);
    said = office_run(office, "ben", NULL, "watchlist", "review", NAME, "--look", NULL);
    assert_int_equal(said.status, 0);
    assert_true(said_has(&said.out, ": 0 added, 0 removed, 0 expired"));
    said_free(&said);
}

/* From a list that is still there; the two ends of what a review says in words. */
static void who_comes_back_is_shown_with_their_pictures(void **state)
{
    struct office *office = *state;
    office_expect(office, "ada", 0, NULL, "deployment", "create", AGAIN, "--purpose",
                  "tests of overtctl", "--site", "north", "--hours", "2", "--threshold", "0.5",
                  NULL);
    office_expect(office, "ada", 0, NULL, "--yes", "deployment", "apply", AGAIN, NULL);
    struct said said =
        office_run(office, "ada", SECRET_NAME " Zo\xc3\xab\n" SECRET_REFERENCE "1\n", "watchlist",
                   "add", AGAIN, world_path(&office->world, "list/portrait-0.jpg"), "--category",
                   "missing_at_risk", "--response", "identify", NULL);
    assert_int_equal(said.status, 0);
    said_free(&said);
    said = office_run(office, "ada", SECRET_NAME "\n" SECRET_REFERENCE "new\n", "watchlist", "add",
                      AGAIN, world_path(&office->world, "list/portrait-1.jpg"), "--category",
                      "missing_at_risk", "--response", "identify", NULL);
    assert_int_equal(said.status, 0);
    said_free(&said);
    world_approve_only(&office->world, AGAIN);
    said = office_run(office, "ben", NULL, "watchlist", "review", AGAIN, "--look", NULL);
    assert_int_equal(said.status, 0);
    assert_true(said_has(&said.out,
                         "of those added, 1 were on the list of another deployment (1 "
                         "compared): 1 with the very same pictures, 0 with a new one\n"));
    assert_true(said_has(&said.out, "have a picture that was on a list under another reference"));
    assert_true(said_has(&said.out, "re-listed"));
    assert_true(said_has(&said.out, "was another"));
    assert_false(said_has(&said.out, "not shown"));
    said_free(&said);
    office_expect(office, "ben", 0, NULL, "--yes", "deployment", "stop", AGAIN, NULL);
}

static void an_entry_is_withdrawn_once(void **state)
{
    struct office *office = *state;
    office_expect(office, "ben", 0, NULL, "watchlist", "remove", NAME, office->entry, NULL);
    office_expect(office, "ben", 1, "entry.withdrawn", "watchlist", "remove", NAME, office->entry,
                  NULL);
    office_expect(office, "ben", 1, "entry.unknown", "watchlist", "remove", NAME,
                  "00000000-0000-4000-8000-000000000000", NULL);
}

const struct CMUnitTest list_tests[] = {
    cmocka_unit_test(sites_are_added_once),
    cmocka_unit_test(applications_are_checked_here_and_there),
    cmocka_unit_test(a_deployment_is_found_by_name_and_by_id),
    cmocka_unit_test(nothing_starts_without_another_person_and_a_list),
    cmocka_unit_test(an_entry_comes_from_standard_input),
    cmocka_unit_test(an_entry_comes_from_a_prompt_or_a_file),
    cmocka_unit_test(bad_entries_are_refused_with_a_reason),
    cmocka_unit_test(bad_rows_never_block_good_ones),
    cmocka_unit_test(a_report_of_something_else_is_never_overwritten),
    cmocka_unit_test(an_import_done_again_adds_nothing),
    cmocka_unit_test(a_hopeless_import_stops_with_the_server_s_reason),
    cmocka_unit_test(names_are_shown_on_a_terminal_only),
    cmocka_unit_test(a_narrow_terminal_gets_blocks_and_a_pipe_the_table),
    cmocka_unit_test(refusals_say_what_to_do),
    cmocka_unit_test(an_import_on_a_terminal_explains_its_codes),
    cmocka_unit_test(states_are_selected_without_being_shown),
    cmocka_unit_test(approval_takes_another_person_a_terminal_and_a_yes),
    cmocka_unit_test(a_list_is_reviewed_before_it_goes_live),
    cmocka_unit_test(who_comes_back_is_shown_with_their_pictures),
    cmocka_unit_test(an_entry_is_withdrawn_once),
};
const size_t list_test_count = sizeof(list_tests) / sizeof(list_tests[0]);
