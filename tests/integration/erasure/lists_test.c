/* Lists: erased whole, step by step, and never said to be before they are. */
#include "tests/integration/erasure/bed.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "common/base/file.h"
#include "server/service/ledger.h"

static void in_ledger(struct bed *bed, const char *reference, const struct ov_id *deployment_id,
                      int expected)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ledger_key *key = NULL;
    uint8_t pseudonym[LEDGER_PSEUDONYM_BYTES];
    char hex[2 * LEDGER_PSEUDONYM_BYTES + 1];
    char text[OV_ID_TEXT_SIZE];
    char sql[512];
    bed_must(ledger_open(&bed->service, &key, &err), &err);
    bed_must(ledger_key_pseudonym(key, reference, strlen(reference), pseudonym, &err), &err);
    ledger_key_free(key);
    (void)snprintf(
        sql, sizeof(sql),
        "SELECT count(*) FROM audit.membership WHERE deployment_id = '%s' AND pseudonym = "
        "'\\x%s'",
        ov_id_format(deployment_id, text), ov_hex_encode(pseudonym, sizeof(pseudonym), hex));
    assert_int_equal(pg_value(bed->pg, "oversight", sql), expected);
}

static void image_in_ledger(struct bed *bed, const char *file, const struct ov_id *deployment_id,
                            int expected)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ledger_key *key = NULL;
    uint8_t digest[LEDGER_IMAGE_BYTES];
    char hex[2 * LEDGER_IMAGE_BYTES + 1];
    char text[OV_ID_TEXT_SIZE];
    char sql[512];
    bed_must(ledger_open(&bed->service, &key, &err), &err);
    bed_must(ledger_key_image(key, file, strlen(file), digest, &err), &err);
    ledger_key_free(key);
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM audit.membership_image WHERE deployment_id = '%s' AND "
                   "digest = '\\x%s'",
                   ov_id_format(deployment_id, text), ov_hex_encode(digest, sizeof(digest), hex));
    assert_int_equal(pg_value(bed->pg, "oversight", sql), expected);
}

/* Of one list entry each: what was sealed beside it, and what was not. */
static void the_ledger_gets_the_digest_of_each_image(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct list_erasure erasure;
    struct deployment due = bed_due(bed, "pictures", 3);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    for (int i = 1; i <= 4; i++) {
        char file[32];
        (void)snprintf(file, sizeof(file), "REF-pictures-%d", i);
        image_in_ledger(bed, file, &due.id, i <= 3);
    }
    bed_must(service_erasure_get(&bed->service, &bed->officer, &due.id, &erasure, &err), &err);
    assert_int_equal(erasure.image_digests, 3);
    assert_int_equal(erasure.unreadable_images, 0);
}

/* In its row or in its seal: it is counted, and stops nothing. */
static void an_image_that_was_altered_is_counted_and_an_alarm_and_stops_nothing(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct list_erasure erasure;
    struct deployment due = bed_due(bed, "defaced", 4);
    bed_as_admin(bed,
                 "SET session_replication_role = replica; UPDATE watchlist.image SET "
                 "sealed_ledger_digest = set_byte(sealed_ledger_digest, 20, "
                 "get_byte(sealed_ledger_digest, 20) # 1) WHERE id = (SELECT id FROM "
                 "watchlist.image WHERE deployment_id = '{id}' AND sealed_ledger_digest IS NOT "
                 "NULL LIMIT 1)",
                 &due.id);
    bed_as_admin(bed,
                 "SET session_replication_role = replica; UPDATE watchlist.image SET sealed_jpeg "
                 "= set_byte(sealed_jpeg, 20, get_byte(sealed_jpeg, 20) # 1) WHERE id = (SELECT id "
                 "FROM watchlist.image WHERE deployment_id = '{id}' AND sealed_ledger_digest IS "
                 "NULL LIMIT 1)",
                 &due.id);
    int64_t alarms = bed_open_alarms(bed, "erasure.unreadable");
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    bed_must(service_erasure_get(&bed->service, &bed->officer, &due.id, &erasure, &err), &err);
    assert_int_equal(bed_open_alarms(bed, "erasure.unreadable"), alarms + 1);
    assert_true(bed_is_erased(bed, &due.id));
    assert_int_equal(erasure.subjects, 4);
    assert_int_equal(erasure.image_digests, 2);
    assert_int_equal(erasure.unreadable_images, 2);
}

static void a_due_list_is_erased_and_certified(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment due = bed_due(bed, "due", 3);
    struct deployment fresh = bed_live(bed, "fresh", 2);
    bed_close(bed, &fresh.id);
    assert_true(bed_key_is_there(bed, VAULT_WATCHLIST, &due.id));
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_true(bed_is_erased(bed, &due.id));
    assert_false(bed_is_erased(bed, &fresh.id));
    assert_true(bed_key_is_there(bed, VAULT_WATCHLIST, &fresh.id));
    in_ledger(bed, "REF-due-1", &due.id, 1);
    in_ledger(bed, "REF-due-3", &due.id, 1);
    in_ledger(bed, "REF-due-4", &due.id, 0);
    assert_int_equal(bed_value(bed,
                               "SELECT count(*) FROM audit.membership WHERE deployment_id = '{id}'",
                               &due.id),
                     3);
    assert_int_equal(bed_events(bed, "erasure.begun", &due.id), 1);
    assert_int_equal(bed_events(bed, "erasure.key_destroyed", &due.id), 1);
    assert_int_equal(bed_events(bed, "erasure.tables_dropped", &due.id), 1);
    assert_int_equal(bed_events(bed, "erasure.certified", &due.id), 1);
    /* The event names the document, and the document says what went. */
    assert_int_equal(
        bed_value(bed,
                  "SELECT count(*) FROM audit.document AS d JOIN audit.event AS e ON "
                  "convert_from(e.body, 'UTF8')::jsonb -> 'details' ->> 'certificate' = "
                  "encode(d.digest, 'hex') WHERE d.kind = 'deletion_certificate' AND "
                  "convert_from(d.body, 'UTF8')::jsonb -> 'counts' ->> 'entries' = '3' AND "
                  "d.deployment_id = '{id}'",
                  &due.id),
        1);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_int_equal(bed_events(bed, "erasure.certified", &due.id), 1);
}

static void a_list_may_go_earlier_by_command_of_who_may(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct list_erasure erasure;
    struct deployment live = bed_live(bed, "command", 1);
    bed_refused(service_erase_list(&bed->service, &bed->officer, &live.id, &erasure, &err),
                OV_ERR_STATE, "erasure.state", &err);
    bed_close(bed, &live.id);
    bed_refused(service_erase_list(&bed->service, &bed->stranger, &live.id, &erasure, &err),
                OV_ERR_DENIED, "permission.denied", &err);
    struct ov_id unknown = ov_id_new();
    bed_refused(service_erase_list(&bed->service, &bed->officer, &unknown, &erasure, &err),
                OV_ERR_NOT_FOUND, "deployment.unknown", &err);
    assert_true(bed_key_is_there(bed, VAULT_WATCHLIST, &live.id));
    bed_must(service_erase_list(&bed->service, &bed->officer, &live.id, &erasure, &err), &err);
    assert_true(bed_is_erased(bed, &live.id));
    assert_true(erasure.certified_at_us > 0 && erasure.certified_at_us < erasure.due_at_us);
    assert_true(ov_id_equal(&erasure.asked_by, &bed->officer.principal.id));
    bed_refused(service_erase_list(&bed->service, &bed->officer, &live.id, &erasure, &err),
                OV_ERR_STATE, "erasure.done", &err);
}

static void move(const char *from, const char *to)
{
    assert_int_equal(rename(from, to), 0);
}

static void without_the_ledgers_key_nothing_is_destroyed_and_it_is_an_alarm(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment due = bed_due(bed, "no-ledger", 2);
    char aside[160];
    (void)snprintf(aside, sizeof(aside), "%s.aside", bed->ledger_key);
    move(bed->ledger_key, aside);
    bed_refused(service_erase_due_lists(&bed->service, &err), OV_ERR_NOT_FOUND, "ledger.no_key",
                &err);
    bed_refused(service_erase_due_lists(&bed->service, &err), OV_ERR_NOT_FOUND, "ledger.no_key",
                &err);
    assert_int_equal(bed_open_alarms(bed, "erasure.overdue"), 1);
    /* Another key in its place, and a new one is never made. */
    bed_refused(service_ledger_init(&bed->service, &err), OV_ERR_NOT_FOUND, "ledger.no_key", &err);
    bed_must(ledger_key_make(bed->ledger_key, &err), &err);
    bed_refused(service_erase_due_lists(&bed->service, &err), OV_ERR_CRYPTO, "ledger.wrong_key",
                &err);
    bed_refused(service_ledger_init(&bed->service, &err), OV_ERR_CRYPTO, "ledger.wrong_key", &err);
    assert_true(bed_key_is_there(bed, VAULT_WATCHLIST, &due.id));
    assert_int_equal(bed_value(bed,
                               "SELECT count(*) FROM watchlist.entry WHERE deployment_id = '{id}'",
                               &due.id),
                     2);
    assert_int_equal(bed_events(bed, "erasure.begun", &due.id), 0);
    move(aside, bed->ledger_key);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_true(bed_is_erased(bed, &due.id));
    assert_int_equal(bed_open_alarms(bed, "erasure.overdue"), 0);
}

/* The certificate's number under counts, and whether it says when the key was found missing. */
static int64_t certified_keys(struct bed *bed, const struct ov_id *id)
{
    return bed_value(bed,
                     "SELECT (convert_from(body, 'UTF8')::jsonb -> 'counts' ->> 'keys')::integer "
                     "FROM audit.document WHERE kind = 'deletion_certificate' AND deployment_id = "
                     "'{id}'",
                     id);
}

static bool certified_missing(struct bed *bed, const struct ov_id *id)
{
    return bed_value(bed,
                     "SELECT (convert_from(body, 'UTF8')::jsonb -> 'times_us' ? "
                     "'key_missing')::integer FROM audit.document WHERE kind = "
                     "'deletion_certificate' AND deployment_id = '{id}'",
                     id) == 1;
}

static void a_key_that_was_taken_away_stops_the_erasure_until_it_is_back(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct list_erasure erasure;
    struct deployment due = bed_due(bed, "key-taken", 2);
    char aside[160];
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s", bed_key_path(bed, VAULT_WATCHLIST, &due.id));
    (void)snprintf(aside, sizeof(aside), "%s.aside", bed->ledger_key);
    move(path, aside);
    bed_refused(service_erase_due_lists(&bed->service, &err), OV_ERR_STATE, "erasure.key_gone",
                &err);
    bed_refused(service_erase_due_lists(&bed->service, &err), OV_ERR_STATE, "erasure.key_gone",
                &err);
    bed_refused(service_erase_list(&bed->service, &bed->officer, &due.id, &erasure, &err),
                OV_ERR_STATE, "erasure.key_gone", &err);
    assert_int_equal(bed_open_alarms(bed, "erasure.key_gone"), 1);
    assert_false(bed_is_erased(bed, &due.id));
    assert_int_equal(bed_events(bed, "erasure.begun", &due.id), 0);
    assert_int_equal(bed_value(bed,
                               "SELECT count(*) FROM watchlist.entry WHERE deployment_id = '{id}'",
                               &due.id),
                     2);
    move(aside, path);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_true(bed_is_erased(bed, &due.id));
    assert_int_equal(bed_open_alarms(bed, "erasure.key_gone"), 0);
    in_ledger(bed, "REF-key-taken-1", &due.id, 1);
    in_ledger(bed, "REF-key-taken-2", &due.id, 1);
    assert_int_equal(certified_keys(bed, &due.id), 1);
    assert_false(certified_missing(bed, &due.id));
}

static void nobodys_list_needs_no_key_and_its_certificate_counts_none(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct list_erasure erasure;
    struct deployment due = bed_due(bed, "nobody", 0);
    assert_int_equal(unlink(bed_key_path(bed, VAULT_WATCHLIST, &due.id)), 0);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_true(bed_is_erased(bed, &due.id));
    bed_must(service_erasure_get(&bed->service, &bed->officer, &due.id, &erasure, &err), &err);
    assert_int_equal(erasure.ledger, ERASURE_LEDGER_WRITTEN);
    assert_int_equal(erasure.keys, 0);
    assert_true(erasure.key_missing_at_us >= erasure.begun_at_us);
    assert_int_equal(certified_keys(bed, &due.id), 0);
    assert_true(certified_missing(bed, &due.id));
}

/* As when the server is killed between destroying the file and the commit that notes it. */
static void a_key_that_the_erasure_itself_destroyed_is_not_missed(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment due = bed_due(bed, "not-noted", 2);
    pg_sql(bed->pg, "admin",
           "REVOKE EXECUTE ON FUNCTION overt.erasure_key_destroyed FROM overt_server");
    assert_int_not_equal(service_erase_due_lists(&bed->service, &err), OV_OK);
    ov_error_clear(&err);
    pg_sql(bed->pg, "admin",
           "GRANT EXECUTE ON FUNCTION overt.erasure_key_destroyed TO overt_server");
    assert_false(bed_key_is_there(bed, VAULT_WATCHLIST, &due.id));
    assert_int_equal(bed_events(bed, "erasure.begun", &due.id), 1);
    assert_int_equal(bed_events(bed, "erasure.key_destroyed", &due.id), 0);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_true(bed_is_erased(bed, &due.id));
    assert_int_equal(bed_open_alarms(bed, "erasure.key_gone"), 0);
    assert_int_equal(certified_keys(bed, &due.id), 1);
    in_ledger(bed, "REF-not-noted-1", &due.id, 1);
}

static void a_reference_that_was_altered_is_counted_and_an_alarm_and_stops_nothing(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct list_erasure erasure;
    struct deployment live = bed_live(bed, "altered", 2);
    bed_close(bed, &live.id);
    bed_close_before(bed, &live.id, 25);
    (void)bed_value(
        bed,
        "SET session_replication_role = replica; UPDATE watchlist.entry SET "
        "sealed_reference = set_byte(sealed_reference, 20, get_byte(sealed_reference, "
        "20) # 1) WHERE id = (SELECT id FROM watchlist.entry WHERE deployment_id = '{id}' "
        "LIMIT 1) RETURNING 1",
        &live.id);
    int64_t alarms = bed_open_alarms(bed, "erasure.unreadable");
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    bed_must(service_erasure_get(&bed->service, &bed->officer, &live.id, &erasure, &err), &err);
    assert_int_equal(erasure.subjects, 1);
    assert_int_equal(erasure.unreadable, 1);
    assert_int_equal(bed_open_alarms(bed, "erasure.unreadable"), alarms + 1);
    assert_true(bed_is_erased(bed, &live.id));
}

/* A folder in its place is what no program of ours can destroy. */
static void what_cannot_be_destroyed_is_never_called_erased(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment stuck = bed_due(bed, "stuck", 1);
    struct deployment other = bed_due(bed, "other", 1);
    char path[PATH_MAX];
    char aside[PATH_MAX + 8];
    (void)snprintf(path, sizeof(path), "%s", bed_key_path(bed, VAULT_WATCHLIST, &stuck.id));
    (void)snprintf(aside, sizeof(aside), "%s.aside", path);
    bed_close_before(bed, &stuck.id, 26); /* it comes first */
    move(path, aside);
    assert_int_equal(mkdir(path, 0700), 0);
    enum ov_status status = service_erase_due_lists(&bed->service, &err);
    assert_int_not_equal(status, OV_OK);
    ov_error_clear(&err);
    assert_false(bed_is_erased(bed, &stuck.id));
    assert_true(bed_is_erased(bed, &other.id));
    assert_int_equal(bed_open_alarms(bed, "erasure.overdue"), 1);
    assert_int_equal(rmdir(path), 0);
    move(aside, path);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_true(bed_is_erased(bed, &stuck.id));
    assert_int_equal(bed_open_alarms(bed, "erasure.overdue"), 0);
}

static void tables_in_use_are_tried_again(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct store *reader = NULL;
    struct watchlist_counts counts;
    struct deployment due = bed_due(bed, "in-use", 1);
    struct deployment stays = bed_live(bed, "stays", 1);
    bed_must(store_open(pg_conninfo(bed->pg, "server"), &reader, &err), &err);
    bed_must(store_begin(reader, &err), &err);
    bed_must(store_watchlist_counts(reader, &stays.id, &counts, &err), &err);
    bed_refused(service_erase_due_lists(&bed->service, &err), OV_ERR_UNAVAILABLE, "store.busy",
                &err);
    assert_false(bed_is_erased(bed, &due.id));
    assert_false(bed_key_is_there(bed, VAULT_WATCHLIST, &due.id)); /* unreadable already */
    store_close(reader);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_true(bed_is_erased(bed, &due.id));
    assert_int_equal(bed_events(bed, "erasure.key_destroyed", &due.id), 1);
}

static void what_was_urgent_and_not_authorised_goes_at_once(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment live = bed_live(bed, "urgent", 1);
    struct ov_id alert = bed_alert(bed, &live, 1);
    bed_close(bed, &live.id);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    bed_must(service_erase_due_alerts(&bed->service, &err), &err);
    assert_true(bed_key_is_there(bed, VAULT_ALERT, &alert));
    assert_false(bed_is_erased(bed, &live.id));
    bed_as_admin(bed,
                 "SET session_replication_role = replica; UPDATE overt.deployment SET end_reason = "
                 "'urgent_lapsed' WHERE id = '{id}'",
                 &live.id);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    bed_must(service_erase_due_alerts(&bed->service, &err), &err);
    assert_true(bed_is_erased(bed, &live.id));
    assert_false(bed_key_is_there(bed, VAULT_ALERT, &alert));
    assert_int_equal(bed_value(bed, "SELECT count(*) FROM overt.alert WHERE id = '{id}'", &alert),
                     0);
}

/* A deployment may shorten the time, as its application says. */
static void a_shorter_time_is_kept_to(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment live = bed_live(bed, "shorter", 1);
    bed_close(bed, &live.id);
    bed_close_before(bed, &live.id, 3);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_false(bed_is_erased(bed, &live.id));
    bed_as_admin(bed,
                 "SET session_replication_role = replica; UPDATE overt.deployment SET "
                 "retention_watchlist_h = 2 WHERE id = '{id}'",
                 &live.id);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_true(bed_is_erased(bed, &live.id));
}

static int64_t far_utc_us(void *ctx)
{
    const int64_t *days = ctx;
    return ov_clock_utc_us(ov_clock_system()) + *days * 86400 * OV_US_PER_S;
}

static int64_t mono_us(void *ctx)
{
    (void)ctx;
    return ov_clock_mono_us(ov_clock_system());
}

static void a_server_whose_clock_jumps_erases_neither_early_nor_late(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    int64_t days = 400;
    struct ov_clock jumped = {far_utc_us, mono_us, &days};
    struct service service = bed->service;
    service.clock = &jumped;
    struct deployment fresh = bed_live(bed, "jump-fresh", 1);
    struct ov_id alert = bed_alert(bed, &fresh, 1);
    bed_close(bed, &fresh.id);
    bed_must(service_erase_due_lists(&service, &err), &err);
    bed_must(service_erase_due_alerts(&service, &err), &err);
    assert_false(bed_is_erased(bed, &fresh.id));
    assert_true(bed_key_is_there(bed, VAULT_WATCHLIST, &fresh.id));
    assert_true(bed_key_is_there(bed, VAULT_ALERT, &alert));
    days = -400;
    struct deployment due = bed_due(bed, "jump-due", 1);
    bed_must(service_erase_due_lists(&service, &err), &err);
    assert_true(bed_is_erased(bed, &due.id));
}

static void two_servers_erase_a_list_once(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment due = bed_due(bed, "twice", 2);
    struct service other = bed->service;
    struct list_erasure erasure;
    bed_must(store_open(pg_conninfo(bed->pg, "server"), &other.store, &err), &err);
    bed_must(service_erase_list(&other, &bed->officer, &due.id, &erasure, &err), &err);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    store_close(other.store);
    assert_int_equal(bed_events(bed, "erasure.certified", &due.id), 1);
    assert_int_equal(bed_value(bed,
                               "SELECT count(*) FROM audit.membership WHERE deployment_id = '{id}'",
                               &due.id),
                     2);
}

int run_list_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_due_list_is_erased_and_certified),
        cmocka_unit_test(the_ledger_gets_the_digest_of_each_image),
        cmocka_unit_test(an_image_that_was_altered_is_counted_and_an_alarm_and_stops_nothing),
        cmocka_unit_test(a_list_may_go_earlier_by_command_of_who_may),
        cmocka_unit_test(without_the_ledgers_key_nothing_is_destroyed_and_it_is_an_alarm),
        cmocka_unit_test(a_key_that_was_taken_away_stops_the_erasure_until_it_is_back),
        cmocka_unit_test(nobodys_list_needs_no_key_and_its_certificate_counts_none),
        cmocka_unit_test(a_key_that_the_erasure_itself_destroyed_is_not_missed),
        cmocka_unit_test(a_reference_that_was_altered_is_counted_and_an_alarm_and_stops_nothing),
        cmocka_unit_test(what_cannot_be_destroyed_is_never_called_erased),
        cmocka_unit_test(tables_in_use_are_tried_again),
        cmocka_unit_test(what_was_urgent_and_not_authorised_goes_at_once),
        cmocka_unit_test(a_shorter_time_is_kept_to),
        cmocka_unit_test(a_server_whose_clock_jumps_erases_neither_early_nor_late),
        cmocka_unit_test(two_servers_erase_a_list_once),
    };
    return cmocka_run_group_tests_name("lists", tests, bed_start, bed_stop);
}
