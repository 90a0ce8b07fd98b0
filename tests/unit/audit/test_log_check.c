/*
 * The verifier's pass over a record: ten thousand random changes of a sealed one, each found and
 * located. The record is in memory; what reads it from a database has its own tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/audit/verify/log_check.h"

#define EVENTS 300
#define BODY_SIZE 200
#define CHECKPOINTS_MAX EVENTS
#define MUTATIONS 1000 /* at 100 percent */

struct record {
    struct source_event events[EVENTS + 1];
    char bodies[EVENTS + 1][BODY_SIZE];
    size_t count;
    struct ov_buf notes[CHECKPOINTS_MAX];
    uint64_t sizes[CHECKPOINTS_MAX];
    size_t note_count;
};

static char folder[] = "/tmp/overt-log-check-XXXXXX";
static struct note_signer *signer;
static struct record original;
static unsigned seed = 20261125;

static unsigned below(unsigned limit)
{
    return (unsigned)rand_r(&seed) % limit;
}

/* --- a record --- */

static void make_event(struct record *record, size_t i)
{
    char text[OV_ID_TEXT_SIZE];
    struct source_event *event = &record->events[i];
    *event = (struct source_event){.has_place = true, .index = i, .has_body = true};
    event->id = ov_id_new();
    event->size = (size_t)snprintf(
        record->bodies[i], BODY_SIZE,
        "{\"actor\":{\"kind\":\"server\"},\"at_us\":%u,\"details\":{\"n\":%zu},\"id\":\"%s\","
        "\"name\":\"test.made\",\"v\":1}",
        1000u + below(1000), i, ov_id_format(&event->id, text));
    event->body = record->bodies[i];
    event->leaf = tree_leaf(event->body, event->size);
}

static void make_checkpoint(struct record *record, const struct tree_edge *edge)
{
    struct checkpoint checkpoint = {
        .origin = "test.example/overt", .size = edge->size, .root = tree_root(edge)};
    struct ov_error err = OV_ERROR_INIT;
    record->sizes[record->note_count] = edge->size;
    assert_int_equal(
        checkpoint_sign(&checkpoint, signer, &record->notes[record->note_count++], &err), OV_OK);
}

static int setup(void **state)
{
    (void)state;
    char path[128];
    struct ov_error err = OV_ERROR_INIT;
    struct tree_edge edge = {.size = 0};
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof(path), "%s/key", folder);
    assert_int_equal(note_signer_make(path, &err), OV_OK);
    assert_int_equal(note_signer_load(path, "test.example/overt", NOTE_KEY_SIGNER, &signer, &err),
                     OV_OK);
    (void)unlink(path);
    (void)rmdir(folder);
    for (size_t i = 0; i < EVENTS; i++) {
        make_event(&original, i);
        tree_append(&edge, &original.events[i].leaf, NULL, NULL);
        if (below(12) == 0 || i + 1 == EVENTS)
            make_checkpoint(&original, &edge);
    }
    original.count = EVENTS;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < original.note_count; i++)
        ov_buf_free(&original.notes[i]);
    note_signer_free(signer);
    return 0;
}

/* --- the record as a source --- */

static enum ov_status each_event(void *ctx,
                                 enum ov_status (*on_event)(void *, const struct source_event *),
                                 void *on_ctx, struct ov_error *err)
{
    const struct record *record = ctx;
    enum ov_status status = OV_OK;
    (void)err;
    for (size_t i = 0; i < record->count && status == OV_OK; i++)
        status = on_event(on_ctx, &record->events[i]);
    return status;
}

static enum ov_status each_checkpoint(void *ctx,
                                      enum ov_status (*on_note)(void *, uint64_t size,
                                                                const char *note, size_t note_size),
                                      void *on_ctx, struct ov_error *err)
{
    const struct record *record = ctx;
    enum ov_status status = OV_OK;
    (void)err;
    for (size_t i = 0; i < record->note_count && status == OV_OK; i++)
        status = on_note(on_ctx, record->sizes[i], record->notes[i].data, record->notes[i].length);
    return status;
}

/* What the verifier says, as text; the caller frees it. */
static char *verify(struct record *record, uint64_t *ret_findings)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    const struct source source = {
        .ctx = record, .each_event = each_event, .each_checkpoint = each_checkpoint};
    struct findings *findings = findings_new(out, false);
    const struct log_check_options options = {
        .source = &source, .key = note_signer_key(signer), .findings = findings, .now_us = 2000};
    struct log_check *check = NULL;
    struct log_check_result result = {.events = 0};
    struct ov_error err = OV_ERROR_INIT;
    const struct ov_buf *last = &original.notes[original.note_count - 1];
    assert_int_equal(log_check_new(&options, &check, &err), OV_OK);
    /* Kept since an earlier run: what a cut tail is compared with. */
    assert_int_equal(log_check_since(check, "kept", last->data, last->length, &err), OV_OK);
    assert_int_equal(log_check_run(check, &result, &err), OV_OK);
    assert_int_equal(findings_end(findings, &err), OV_OK);
    *ret_findings = findings_count(findings);
    log_check_free(check);
    findings_free(findings);
    ov_buf_free(&result.newest);
    (void)fclose(out);
    return text;
}

/* --- changing it --- */

/* A copy whose events and notes may be changed; events point into its own bodies. */
static void copy(struct record *record)
{
    *record = original;
    for (size_t i = 0; i < EVENTS; i++)
        record->events[i].body = record->bodies[i];
}

static void remove_event(struct record *record, size_t at, bool close_gap)
{
    memmove(&record->events[at], &record->events[at + 1],
            (record->count - at - 1) * sizeof(record->events[0]));
    record->count--;
    for (size_t i = at; close_gap && i < record->count; i++)
        record->events[i].index--;
}

static void insert_event(struct record *record, size_t at)
{
    memmove(&record->events[at + 1], &record->events[at],
            (record->count - at) * sizeof(record->events[0]));
    record->count++;
    make_event(record, EVENTS); /* in the spare place */
    struct source_event made = record->events[EVENTS];
    if (at < EVENTS)
        record->events[EVENTS] = original.events[EVENTS - 1];
    record->events[at] = made;
    if (at < EVENTS)
        record->events[EVENTS].body = record->bodies[EVENTS - 1];
    for (size_t i = 0; i < record->count; i++)
        record->events[i].index = i;
}

static void swap_events(struct record *record, size_t a, size_t b)
{
    struct source_event other = record->events[a];
    record->events[a] = record->events[b];
    record->events[b] = other;
    record->events[a].index = a;
    record->events[b].index = b;
}

enum mutation {
    BODY_BIT,
    BODY_AND_LEAF,
    LEAF_BIT,
    BODY_GONE,
    ROW_GONE,
    ROW_GONE_CLOSED,
    ROW_INSERTED,
    ROWS_SWAPPED,
    TAIL_CUT,
    NOTE_BIT,
    MUTATION_KINDS
};

/* Does it, at a random place, which is returned. note: where a changed note is put. */
static size_t mutate(struct record *record, enum mutation mutation, struct ov_buf *note)
{
    size_t at = below(EVENTS);
    struct source_event *event = &record->events[at];
    size_t bit = below((unsigned)event->size * 8);
    switch (mutation) {
    case BODY_BIT:
    case BODY_AND_LEAF:
        record->bodies[at][bit / 8] = (char)(record->bodies[at][bit / 8] ^ (1 << bit % 8));
        if (mutation == BODY_AND_LEAF)
            event->leaf = tree_leaf(event->body, event->size);
        break;
    case LEAF_BIT:
        event->leaf.bytes[bit % TREE_HASH_BYTES] ^= (uint8_t)(1u << bit % 8);
        break;
    case BODY_GONE:
        event->has_body = false;
        break;
    case ROW_GONE:
        remove_event(record, at, false);
        break;
    case ROW_GONE_CLOSED:
        remove_event(record, at, true);
        break;
    case ROW_INSERTED:
        insert_event(record, at);
        break;
    case ROWS_SWAPPED:
        swap_events(record, at, (at + 1 + below(EVENTS - 1)) % EVENTS);
        break;
    case TAIL_CUT:
        record->count = at;
        break;
    case NOTE_BIT:
        at = below((unsigned)record->note_count);
        ov_buf_append(note, record->notes[at].data, record->notes[at].length);
        bit = below((unsigned)note->length * 8);
        note->data[bit / 8] = (char)(note->data[bit / 8] ^ (1 << bit % 8));
        record->notes[at] = *note;
        break;
    case MUTATION_KINDS:
        break;
    }
    return at;
}

/* The first and last event that a signed range around at has. */
static void range_of(size_t at, size_t *ret_from, size_t *ret_to)
{
    *ret_from = 0;
    *ret_to = EVENTS - 1;
    for (size_t i = 0; i < original.note_count; i++) {
        if (original.sizes[i] <= at)
            *ret_from = original.sizes[i];
        if (original.sizes[i] > at) {
            *ret_to = original.sizes[i] - 1;
            return;
        }
    }
}

/* Each kind is told by its own code, at the event itself or within the two checkpoints around it.
 */
static void assert_located(const char *text, enum mutation mutation, size_t at)
{
    static const char *const codes[MUTATION_KINDS] = {
        [BODY_BIT] = "event.changed",  [BODY_AND_LEAF] = NULL, [LEAF_BIT] = "event.changed",
        [BODY_GONE] = "event.missing", [ROW_GONE] = "log.gap", [ROW_GONE_CLOSED] = NULL,
        [ROW_INSERTED] = NULL,         [ROWS_SWAPPED] = NULL,  [TAIL_CUT] = "log.truncated",
        [NOTE_BIT] = "checkpoint."};
    char wanted[64];
    size_t from = 0;
    size_t to = 0;
    range_of(at, &from, &to);
    if (mutation == NOTE_BIT)
        (void)snprintf(wanted, sizeof(wanted), "%s", codes[mutation]);
    else if (codes[mutation] != NULL)
        (void)snprintf(wanted, sizeof(wanted), "%s: event %zu: ", codes[mutation], at);
    else
        (void)snprintf(wanted, sizeof(wanted), "log.root: event %zu: ", from);
    if (mutation == ROW_GONE && at == EVENTS - 1) /* the last one leaves no gap behind it */
        (void)snprintf(wanted, sizeof(wanted), "log.truncated: event %zu: ", at);
    if (mutation == ROW_GONE_CLOSED && at >= from && to == EVENTS - 1)
        (void)snprintf(wanted, sizeof(wanted), "log.truncated: event %d: ", EVENTS - 1);
    if (strstr(text, wanted) == NULL)
        fail_msg("kind %d at %zu: no \"%s\" in:\n%s", (int)mutation, at, wanted, text);
}

/* --- tests --- */

static void test_an_untouched_record_has_no_finding(void **state)
{
    (void)state;
    uint64_t findings = 0;
    char *text = verify(&original, &findings);
    assert_string_equal(text, "");
    assert_int_equal(findings, 0);
    free(text);
}

static int mutations(void)
{
    const char *scale = getenv("OVERT_TEST_SCALE");
    int64_t percent = 100;
    if (scale != NULL && ov_parse_i64(scale, 1, 100000, &percent) != OV_OK)
        fail_msg("OVERT_TEST_SCALE is no percentage");
    return percent >= 1000 ? 10 * MUTATIONS : MUTATIONS;
}

static void test_every_change_is_found_where_it_is(void **state)
{
    (void)state;
    struct record *record = malloc(sizeof(*record));
    assert_non_null(record);
    for (int i = 0; i < mutations(); i++) {
        enum mutation mutation = (enum mutation)(i % MUTATION_KINDS);
        struct ov_buf note = OV_BUF_INIT;
        uint64_t findings = 0;
        copy(record);
        size_t at = mutate(record, mutation, &note);
        if (mutation == ROWS_SWAPPED) { /* told at the first of the two */
            for (at = 0; memcmp(&record->events[at].leaf, &original.events[at].leaf,
                                sizeof(record->events[at].leaf)) == 0;
                 at++)
                assert_true(at < EVENTS);
        }
        char *text = verify(record, &findings);
        assert_true(findings > 0);
        assert_located(text, mutation, at);
        free(text);
        ov_buf_free(&note);
    }
    free(record);
}

static void test_an_event_without_a_place_is_found_when_it_is_old(void **state)
{
    (void)state;
    struct record *record = malloc(sizeof(*record));
    uint64_t findings = 0;
    assert_non_null(record);
    copy(record);
    make_event(record, EVENTS);
    record->events[EVENTS].has_place = false;
    record->count = EVENTS + 1;
    char *text = verify(record, &findings); /* it is a millisecond old */
    assert_int_equal(findings, 0);
    free(text);
    record->events[EVENTS].size =
        (size_t)snprintf(record->bodies[EVENTS], BODY_SIZE,
                         "{\"actor\":{\"kind\":\"server\"},\"at_us\":-61000000,\"details\":{}}");
    text = verify(record, &findings);
    assert_non_null(strstr(text, "event.unsealed: "));
    free(text);
    free(record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_untouched_record_has_no_finding),
        cmocka_unit_test(test_every_change_is_found_where_it_is),
        cmocka_unit_test(test_an_event_without_a_place_is_found_when_it_is_old),
    };
    return cmocka_run_group_tests_name("log check", tests, setup, teardown);
}
