/* Rule 10: what is not an interactive terminal gets ids, category and response, and no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/ctl/redact.h"
#include "server/ctl/terminal.h"

static const char entry_text[] =
    "{\"id\":\"e1\",\"category\":\"missing_at_risk\",\"response\":\"identify\","
    "\"state\":\"approved\",\"images\":2,\"added_at\":\"2026-05-01T12:00:00Z\",\"added_by\":"
    "\"ada\","
    "\"approved_by\":\"ben\",\"name\":\"Jane Doe\",\"reference\":\"REF-77\",\"nick\":\"Janey\"}";

static const char alert_text[] =
    "{\"id\":\"a1\",\"feed\":9,\"entry\":\"e1\",\"category\":\"missing_at_risk\","
    "\"response\":\"identify\",\"name\":\"Jane Doe\",\"reference\":\"REF-77\",\"site\":\"north\","
    "\"camera\":\"cam1\",\"captured_at\":\"2026-05-01T12:00:00Z\",\"score\":0.7,"
    "\"crop\":{\"state\":\"matches\",\"name\":\"Jane Doe\"}}";

static void expect(const char *text, json_t *(*redact)(json_t *, bool), bool may_show,
                   const char *wanted)
{
    json_t *whole = json_loads(text, 0, NULL);
    json_t *kept = redact(whole, may_show);
    json_t *expected = json_loads(wanted, 0, NULL);
    assert_non_null(kept);
    assert_non_null(expected);
    assert_true(json_equal(kept, expected));
    json_decref(expected);
    json_decref(kept);
    json_decref(whole);
}

static void a_pipe_gets_ids_category_and_response_only(void **state)
{
    (void)state;
    expect(entry_text, redact_entry, false,
           "{\"id\":\"e1\",\"category\":\"missing_at_risk\",\"response\":\"identify\"}");
    expect(alert_text, redact_alert, false,
           "{\"id\":\"a1\",\"feed\":9,\"entry\":\"e1\",\"category\":\"missing_at_risk\","
           "\"response\":\"identify\"}");
}

static void a_terminal_gets_everything(void **state)
{
    (void)state;
    expect(entry_text, redact_entry, true, entry_text);
    expect(alert_text, redact_alert, true, alert_text);
}

static void a_permitted_field_cannot_smuggle_others(void **state)
{
    (void)state;
    expect("{\"id\":{\"name\":\"Jane Doe\"},\"category\":[\"Jane Doe\"],\"response\":\"identify\"}",
           redact_entry, false, "{\"response\":\"identify\"}");
}

static void standard_output_decides(void **state)
{
    const struct terminal only_input = {true, false, true, false, 0};
    const struct terminal output = {false, true, false, true, 80};
    (void)state;
    assert_false(terminal_may_show_names(&only_input));
    assert_true(terminal_may_show_names(&output));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipe_gets_ids_category_and_response_only),
        cmocka_unit_test(a_terminal_gets_everything),
        cmocka_unit_test(a_permitted_field_cannot_smuggle_others),
        cmocka_unit_test(standard_output_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
