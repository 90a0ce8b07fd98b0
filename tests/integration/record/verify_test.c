/*
 * The verifier against whoever has every right in the database: each attack on a copy of a sealed
 * record is found and named. server/audit/verify/README.md has the table.
 */
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "tests/integration/harness/process.h"
#include "tests/integration/record/bed.h"
#include "tests/integration/record/tests.h"

#define EVENTS 700
#define WHOLE 0
#define FOUND 1
#define UNREADABLE 3

static char key_text[256];
static char early[128]; /* a checkpoint of the first hundred, as a witness has one */

static int setup(void **state)
{
    struct bed *bed = *state;
    struct ov_buf text = OV_BUF_INIT;
    struct ov_error err = OV_ERROR_INIT;
    bed_write_events(bed, 100, false);
    if (bed_seal(bed, NULL) != 0)
        return -1;
    (void)snprintf(early, sizeof(early), "%s", bed_path(bed, "early"));
    if (ov_file_read(bed->state, NOTE_SIZE_MAX, &text, &err) != OV_OK ||
        ov_file_write_new(early, 0600, text.data, text.length, &err) != OV_OK)
        return -1;
    ov_buf_free(&text);
    for (int i = 0; i < 6; i++) {
        bed_write_events(bed, (EVENTS - 100) / 6, false);
        if (bed_seal(bed, NULL) != 0)
            return -1;
    }
    note_key_print(&bed->public_key, &text);
    (void)snprintf(key_text, sizeof(key_text), "%s", text.data);
    ov_buf_free(&text);
    return 0;
}

static int setup_all(void **state)
{
    return bed_start(state) == 0 ? setup(state) : -1;
}

/* --- a copy, what is done to it, and what the verifier says --- */

struct copy {
    char name[32];
    char conninfo[600];
};

static struct copy copy_of(struct bed *bed)
{
    static int number;
    struct copy copy;
    char sql[160];
    char from[64];
    pg_text(bed->pg, "admin", "SELECT current_database()", from, sizeof(from));
    (void)snprintf(copy.name, sizeof(copy.name), "copy_%d", number++);
    /* A copy is made of a database that nobody is connected to. */
    (void)snprintf(sql, sizeof(sql), "CREATE DATABASE %s TEMPLATE %s", copy.name, from);
    bed_admin(bed, "postgres", sql);
    (void)snprintf(copy.conninfo, sizeof(copy.conninfo), "%s dbname=%s",
                   pg_conninfo(bed->pg, "admin"), copy.name);
    return copy;
}

static int verify(const struct copy *copy, const char *key, const char *option, const char *value,
                  struct ov_buf *out)
{
    const char *const argv[] = {
        bed_program("overt-verify"), "db", copy->conninfo, "--key", key, option, value, NULL};
    return process_run(argv, NULL, out, NULL, 60);
}

/* The finding is there, and names the place: "code: event AT:". at < 0: it has none. */
static void assert_found(const struct copy *copy, const char *option, const char *value,
                         const char *code, int at)
{
    struct ov_buf out = OV_BUF_INIT;
    char wanted[64];
    assert_int_equal(verify(copy, key_text, option, value, &out), FOUND);
    if (at >= 0)
        (void)snprintf(wanted, sizeof(wanted), "%s: event %d: ", code, at);
    else
        (void)snprintf(wanted, sizeof(wanted), "%s: ", code);
    if (strstr(out.data, wanted) == NULL)
        fail_msg("no \"%s\" in: %s", wanted, out.data);
    ov_buf_free(&out);
}

/* As superuser, past every trigger. */
static void attack(struct bed *bed, const struct copy *copy, const char *sql)
{
    static const char *const tables[] = {"event", "leaf", "node", "checkpoint"};
    struct ov_buf all = OV_BUF_INIT;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        ov_buf_printf(&all, "ALTER TABLE audit.%s DISABLE TRIGGER ALL;", tables[i]);
    ov_buf_puts(&all, sql);
    bed_admin(bed, copy->name, all.data);
    ov_buf_free(&all);
}

#define CHANGED "convert_to(replace(convert_from(body, 'UTF8'), '\"n\":', '\"m\":'), 'UTF8')"
#define AT(place) "(SELECT event_id FROM audit.leaf WHERE index = " #place ")"

/* --- tests --- */

static void an_untouched_record_is_whole(void **state)
{
    struct bed *bed = *state;
    struct copy copy = copy_of(bed);
    struct ov_buf out = OV_BUF_INIT;
    assert_int_equal(verify(&copy, key_text, "--no-keep", NULL, &out), WHOLE);
    assert_non_null(strstr(out.data, "700 events, 7 checkpoints"));
    assert_int_equal(verify(&copy, key_text, "--since", early, &out), WHOLE);
    ov_buf_free(&out);
}

static void one_changed_byte_is_found(void **state)
{
    struct bed *bed = *state;
    struct copy copy = copy_of(bed);
    attack(bed, &copy, "UPDATE audit.event SET body = " CHANGED " WHERE id = " AT(345));
    assert_found(&copy, "--no-keep", NULL, "event.changed", 345);
    attack(bed, &copy,
           "UPDATE audit.leaf SET hash = sha256('\\x00'::bytea || body) FROM audit.event "
           "WHERE id = event_id AND index = 345");
    assert_found(&copy, "--no-keep", NULL, "log.root", 300);
}

static void a_deleted_event_is_found(void **state)
{
    struct bed *bed = *state;
    struct copy copy = copy_of(bed);
    attack(bed, &copy, "DELETE FROM audit.event WHERE id = " AT(345));
    assert_found(&copy, "--no-keep", NULL, "event.missing", 345);
    attack(bed, &copy, "DELETE FROM audit.leaf WHERE index = 345");
    assert_found(&copy, "--no-keep", NULL, "log.gap", 345);
    attack(bed, &copy,
           "UPDATE audit.leaf SET index = index + 10000 WHERE index > 345;"
           "UPDATE audit.leaf SET index = index - 10001 WHERE index > 10345");
    assert_found(&copy, "--no-keep", NULL, "log.root", 300);
    assert_found(&copy, "--no-keep", NULL, "log.truncated", 699);
}

static void an_event_put_in_is_found(void **state)
{
    struct bed *bed = *state;
    struct copy copy = copy_of(bed);
    attack(bed, &copy,
           "UPDATE audit.leaf SET index = index + 10000 WHERE index >= 345;"
           "UPDATE audit.leaf SET index = index - 9999 WHERE index >= 10345;"
           "INSERT INTO audit.event SELECT '00000000-0000-4000-8000-00000000beef', xid, "
           "convert_to(replace(convert_from(body, 'UTF8'), id::text, "
           "'00000000-0000-4000-8000-00000000beef'), 'UTF8') FROM audit.event LIMIT 1;"
           "INSERT INTO audit.leaf SELECT 345, id, sha256('\\x00'::bytea || body) FROM audit.event "
           "WHERE id = '00000000-0000-4000-8000-00000000beef'");
    assert_found(&copy, "--no-keep", NULL, "log.root", 300);
    assert_found(&copy, "--no-keep", NULL, "log.unsigned", 700);
}

static void two_swapped_events_are_found(void **state)
{
    struct bed *bed = *state;
    struct copy copy = copy_of(bed);
    attack(bed, &copy,
           "UPDATE audit.leaf SET index = 10000 WHERE index = 345;"
           "UPDATE audit.leaf SET index = 345 WHERE index = 346;"
           "UPDATE audit.leaf SET index = 346 WHERE index = 10000");
    assert_found(&copy, "--no-keep", NULL, "log.root", 300);
}

static void an_event_left_out_of_the_log_is_found(void **state)
{
    struct bed *bed = *state;
    struct copy copy = copy_of(bed);
    attack(bed, &copy,
           "INSERT INTO audit.event SELECT '00000000-0000-4000-8000-00000000beef', xid, "
           "convert_to(replace(convert_from(body, 'UTF8'), id::text, "
           "'00000000-0000-4000-8000-00000000beef'), 'UTF8') FROM audit.event LIMIT 1");
    assert_found(&copy, "--no-keep", NULL, "event.unsealed", -1);
}

/* Cut off with its checkpoints, a record looks whole to whoever has kept nothing of it. */
static void a_cut_tail_is_found_by_who_kept_a_checkpoint(void **state)
{
    struct bed *bed = *state;
    struct copy copy = copy_of(bed);
    const char *kept = bed_path(bed, "kept");
    char path[256];
    (void)snprintf(path, sizeof(path), "%s", kept);
    assert_int_equal(verify(&copy, key_text, "--keep", path, NULL), WHOLE);
    attack(bed, &copy,
           "DELETE FROM audit.event WHERE id IN (SELECT event_id FROM audit.leaf "
           "WHERE index >= 500); DELETE FROM audit.leaf WHERE index >= 500");
    assert_found(&copy, "--no-keep", NULL, "log.truncated", 500);
    attack(bed, &copy, "DELETE FROM audit.checkpoint WHERE size > 500");
    assert_found(&copy, "--no-keep", NULL, "log.count", 500);
    attack(bed, &copy, "UPDATE audit.log SET size = 500");
    assert_int_equal(verify(&copy, key_text, "--no-keep", NULL, NULL), WHOLE);
    assert_found(&copy, "--keep", path, "log.truncated", 500);
    assert_found(&copy, "--keep", path, "log.truncated", 500); /* it was not replaced by less */
}

/* One event that will never do must not end the keeping of checkpoints, or the next cut is unseen.
 */
static void a_checkpoint_is_kept_also_where_an_event_is_wrong(void **state)
{
    struct bed *bed = *state;
    struct copy copy = copy_of(bed);
    char path[256];
    (void)snprintf(path, sizeof(path), "%s", bed_path(bed, "kept-with-finding"));
    attack(bed, &copy,
           "ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_unsealed;"
           "INSERT INTO audit.event VALUES (gen_random_uuid(), pg_current_xact_id(), '{ }')");
    assert_int_equal(bed_seal_with(bed, copy.name, bed_path(bed, "with-finding")), 0);
    assert_found(&copy, "--keep", path, "event.id", 700);
    assert_found(&copy, "--keep", path, "event.form", 700);
    attack(bed, &copy,
           "DELETE FROM audit.event WHERE id IN (SELECT event_id FROM audit.leaf WHERE index >= "
           "500); DELETE FROM audit.leaf WHERE index >= 500; DELETE FROM audit.checkpoint WHERE "
           "size > 500; UPDATE audit.log SET size = 500");
    assert_found(&copy, "--keep", path, "log.truncated", 500);
}

static void a_record_signed_with_another_key_is_found(void **state)
{
    struct bed *bed = *state;
    struct copy copy = copy_of(bed);
    char other[256];
    bed_other_key(bed, other, sizeof(other));
    struct ov_buf out = OV_BUF_INIT;
    assert_int_equal(verify(&copy, other, "--no-keep", NULL, &out), FOUND);
    assert_non_null(strstr(out.data, "checkpoint.signature: "));
    ov_buf_free(&out);
}

/* Whoever has the log's key as well can sign another history, but not the one that was kept. */
static void a_history_written_anew_is_found_by_an_older_checkpoint(void **state)
{
    struct bed *bed = *state;
    struct copy copy = copy_of(bed);
    attack(bed, &copy,
           "UPDATE audit.event SET body = " CHANGED " WHERE id = " AT(
               50) ";"
                   "INSERT INTO audit.unsealed SELECT id, xid FROM audit.event;"
                   "DELETE FROM audit.leaf; DELETE FROM audit.node; DELETE FROM audit.checkpoint;"
                   "UPDATE audit.log SET size = 0, root = sha256(''::bytea), edge = ''");
    assert_int_equal(bed_seal_with(bed, copy.name, bed_path(bed, "forged")), 0);
    assert_int_equal(verify(&copy, key_text, "--no-keep", NULL, NULL), WHOLE);
    assert_found(&copy, "--since", early, "log.rewritten", 0);
}

static void what_cannot_be_read_is_not_called_whole(void **state)
{
    struct bed *bed = *state;
    struct copy copy = copy_of(bed);
    assert_int_equal(verify(&copy, "no-key", "--no-keep", NULL, NULL), UNREADABLE);
    assert_int_equal(verify(&copy, key_text, "--since", "/nonexistent", NULL), UNREADABLE);
    assert_int_equal(verify(&copy, key_text, "--frobnicate", NULL, NULL), 2);
    attack(bed, &copy, "DROP TABLE audit.checkpoint");
    assert_int_equal(verify(&copy, key_text, "--no-keep", NULL, NULL), UNREADABLE);
    (void)snprintf(copy.conninfo, sizeof(copy.conninfo), "host=/nonexistent");
    assert_int_equal(verify(&copy, key_text, "--no-keep", NULL, NULL), UNREADABLE);
}

static void an_empty_record_is_not_called_whole(void **state)
{
    struct bed *bed = *state;
    struct copy copy = copy_of(bed);
    attack(bed, &copy,
           "DELETE FROM audit.event; DELETE FROM audit.leaf; "
           "DELETE FROM audit.checkpoint");
    assert_found(&copy, "--since", early, "log.truncated", 0);
}

int run_verify_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_untouched_record_is_whole),
        cmocka_unit_test(one_changed_byte_is_found),
        cmocka_unit_test(a_deleted_event_is_found),
        cmocka_unit_test(an_event_put_in_is_found),
        cmocka_unit_test(two_swapped_events_are_found),
        cmocka_unit_test(an_event_left_out_of_the_log_is_found),
        cmocka_unit_test(a_cut_tail_is_found_by_who_kept_a_checkpoint),
        cmocka_unit_test(a_checkpoint_is_kept_also_where_an_event_is_wrong),
        cmocka_unit_test(a_record_signed_with_another_key_is_found),
        cmocka_unit_test(a_history_written_anew_is_found_by_an_older_checkpoint),
        cmocka_unit_test(what_cannot_be_read_is_not_called_whole),
        cmocka_unit_test(an_empty_record_is_not_called_whole),
    };
    return cmocka_run_group_tests_name("verifier", tests, setup_all, bed_stop);
}
