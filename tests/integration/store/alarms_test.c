/* Alarms, by the store's calls and past them with plain SQL. */
#include "server/store/alarms.h"

#include "tests/integration/store/fixture.h"

static struct alarm_row alarm_of(const char *code)
{
    struct alarm_row alarm = {.id = ov_id_new(), .raised_at_us = now_us()};
    (void)snprintf(alarm.code, sizeof(alarm.code), "%s", code);
    return alarm;
}

static enum ov_status count_alarm(void *ctx, const struct alarm_row *alarm)
{
    int *count = ctx;
    assert_true(alarm->raised_at_us > 0);
    (*count)++;
    return OV_OK;
}

static int alarms(struct fixture *f, bool with_cleared)
{
    struct ov_error err = OV_ERROR_INIT;
    int count = 0;
    assert_fine(store_alarm_each(f->store, with_cleared, &(struct store_page){NULL, 100},
                                 count_alarm, &count, &err),
                &err);
    return count;
}

static void the_same_open_alarm_is_there_once(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct alarm_row first = alarm_of("test.once");
    struct alarm_row again = alarm_of("test.once");
    struct alarm_row found;
    bool new = false;
    int before = alarms(f, false);
    act(f->store, store_alarm_raise(f->store, &first, &new, &act_err));
    assert_true(new);
    assert_fine(store_alarm_raise(f->store, &again, &new, &err), &err);
    assert_false(new);
    assert_int_equal(alarms(f, false), before + 1);
    assert_fine(store_alarm_find(f->store, "test.once", &(struct ov_id){{0}}, &(struct ov_id){{0}},
                                 &found, &err),
                &err);
    assert_true(ov_id_equal(&found.id, &first.id));

    /* About something else it is another one. */
    again.object_id = f->officer;
    act(f->store, store_alarm_raise(f->store, &again, &new, &act_err));
    assert_true(new);

    /* After it was cleared it can come again. */
    act(f->store, store_alarm_clear(f->store, &first.id, NULL, now_us(), &act_err));
    struct alarm_row later = alarm_of("test.once");
    act(f->store, store_alarm_raise(f->store, &later, &new, &act_err));
    assert_true(new);
    assert_int_equal(alarms(f, false), before + 2);
    assert_int_equal(alarms(f, true), before + 3);
}

static void an_alarm_is_cleared_once_and_by_another_person(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct alarm_row alarm = alarm_of("test.cleared");
    struct alarm_row found;
    bool new = false;
    alarm.raised_by = f->officer;
    act(f->store, store_alarm_raise(f->store, &alarm, &new, &act_err));
    refused_act(f->store, store_alarm_clear(f->store, &alarm.id, &f->officer, now_us(), &act_err),
                OV_ERR_DENIED, "alarm.same_person");
    refused_act(f->store, store_alarm_clear(f->store, &alarm.id, NULL, now_us(), &act_err),
                OV_ERR_DENIED, "alarm.same_person");
    act(f->store, store_alarm_clear(f->store, &alarm.id, &f->manager, now_us(), &act_err));
    refused_act(f->store, store_alarm_clear(f->store, &alarm.id, &f->reviewer, now_us(), &act_err),
                OV_ERR_STATE, "alarm.cleared");
    assert_fine(store_alarm_get(f->store, &alarm.id, &found, &err), &err);
    assert_true(ov_id_equal(&found.cleared_by, &f->manager));
    assert_true(found.cleared_at_us > 0);
    struct ov_id nobody = ov_id_new();
    assert_refused(store_alarm_get(f->store, &nobody, &found, &err), OV_ERR_NOT_FOUND,
                   "alarm.unknown", &err);
    refused_act(f->store, store_alarm_clear(f->store, &nobody, NULL, now_us(), &act_err),
                OV_ERR_NOT_FOUND, "alarm.unknown");
}

static void the_server_does_not_hide_an_alarm(void **state)
{
    struct fixture *f = *state;
    struct alarm_row alarm = alarm_of("test.hidden");
    bool new = false;
    alarm.raised_by = f->officer;
    act(f->store, store_alarm_raise(f->store, &alarm, &new, &act_err));
    static const struct {
        const char *wanted;
        const char *sql;
    } attempts[] = {
        {PG_DENIED, "DELETE FROM overt.alarm"},
        {PG_DENIED, "TRUNCATE overt.alarm"},
        {PG_DENIED, "UPDATE overt.alarm SET raised_by = NULL"},
        {PG_DENIED, "UPDATE overt.alarm SET code = 'a.b'"},
        {"alarm_two_people",
         "UPDATE overt.alarm SET cleared_at = now() WHERE code = 'test.hidden'"},
        {"alarm_two_people",
         "UPDATE overt.alarm SET cleared_at = now(), cleared_by = raised_by WHERE code = "
         "'test.hidden'"},
        {"alarm_step", "INSERT INTO overt.alarm (id, code, raised_at, cleared_at) VALUES "
                       "(gen_random_uuid(), 'a.b', now(), now())"},
        {"alarm_code",
         "INSERT INTO overt.alarm (id, code, raised_at) VALUES (gen_random_uuid(), 'Not a "
         "code', now())"},
    };
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        pg_refuses(f->pg, "server", attempts[i].wanted, attempts[i].sql);
    pg_wants_event(f->pg, "server",
                   "INSERT INTO overt.alarm (id, code, raised_at) VALUES (gen_random_uuid(), "
                   "'a.silent', now())");
}

int run_alarm_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_open_alarm_is_there_once),
        cmocka_unit_test(an_alarm_is_cleared_once_and_by_another_person),
        cmocka_unit_test(the_server_does_not_hide_an_alarm),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
