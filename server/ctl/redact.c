/* Rule 10: the fields that may leave an interactive terminal. */
#include "server/ctl/redact.h"

#include <stddef.h>

static const char *const entry_fields[] = {"id", "category", "response", NULL};
/* The feed number is an id too: where '--after' goes on. */
static const char *const alert_fields[] = {"id", "feed", "entry", "category", "response", NULL};

static json_t *keep(json_t *object, const char *const *fields, bool all)
{
    if (all)
        return json_incref(object);
    json_t *kept = json_object();
    for (; kept != NULL && *fields != NULL; fields++) {
        json_t *value = json_object_get(object, *fields);
        if (value == NULL || json_is_object(value) || json_is_array(value))
            continue;
        if (json_object_set(kept, *fields, value) != 0) {
            json_decref(kept);
            kept = NULL;
        }
    }
    return kept;
}

json_t *redact_entry(json_t *entry, bool may_show_names)
{
    return keep(entry, entry_fields, may_show_names);
}

json_t *redact_alert(json_t *alert, bool may_show_names)
{
    return keep(alert, alert_fields, may_show_names);
}
