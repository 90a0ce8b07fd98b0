/*
 * The control room of these tests: one installation for all of them, overtctl as ada or ben, on
 * pipes or on a terminal, and what must never be seen on the former.
 */
#ifndef OVERT_TESTS_CTL_OFFICE_H
#define OVERT_TESTS_CTL_OFFICE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/integration/harness/world.h"

/* In every subject's name, reference and image file of these tests. */
#define SECRET_NAME "Quintessa"
#define SECRET_REFERENCE "XQ-"
#define SECRET_FILE "portrait-"

struct office {
    struct world world;
    char entry[OV_ID_TEXT_SIZE]; /* one that ada has added */
    unsigned short columns;      /* of the terminal; 0: 200 */
};

/* What a run of overtctl said. */
struct said {
    int status;
    struct ov_buf out;
    struct ov_buf err;
};
void said_free(struct said *said);

/* As a person ("ada"), on pipes; arguments ended by NULL. Fails the test when a name, reference or
 * file name of a subject is in the output. */
struct said office_run(struct office *office, const char *person, const char *stdin_text, ...);
/* The same, checking status and the error's code (NULL: none), and done with. */
void office_expect(struct office *office, const char *person, int status, const char *code, ...);
/* On a terminal, where names may be: out has what it shows. */
struct said office_on_terminal(struct office *office, const char *person, const char *input, ...);

/* The beginning of every command line; argv has PROCESS_ARGS_MAX places. Returns how many it used.
 */
size_t office_command(struct office *office, const char *person, const char **argv);

bool said_has(const struct ov_buf *buf, const char *text);
size_t count_in(const struct ov_buf *buf, const char *text);

/* The file's content, instead of what buf held; "" when there is no such file. */
void office_read_file(const char *path, struct ov_buf *buf);
/* Waits, a minute at most, until the text occurs so many times in the file; its content is in buf.
 */
bool office_await_in_file(const char *path, const char *text, size_t wanted, struct ov_buf *buf);

/* The tests, in order; each builds on those before. */
int office_set_up(void **state);
int office_tear_down(void **state);
extern const struct CMUnitTest trust_tests[], list_tests[], import_tests[], follow_tests[],
    people_tests[], evidence_tests[], lost_tests[], lost_change_tests[];
extern const size_t trust_test_count, list_test_count, import_test_count, follow_test_count,
    people_test_count, evidence_test_count, lost_test_count, lost_change_test_count;

#endif
