/* Reading bodies. */
#include "server/audit/verify/body.h"

#include <stdlib.h>
#include <string.h>

json_t *body_parse(const char *body, size_t size)
{
    json_t *json = json_loadb(body, size, JSON_REJECT_DUPLICATES, NULL);
    char *canonical = json_is_object(json) ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    bool same =
        canonical != NULL && strlen(canonical) == size && memcmp(canonical, body, size) == 0;
    free(canonical);
    if (same)
        return json;
    json_decref(json);
    return NULL;
}

bool body_id(const json_t *body, struct ov_id *ret)
{
    const char *text = json_string_value(json_object_get(body, "id"));
    return text != NULL && ov_id_parse(text, ret) == OV_OK;
}

bool body_time(const json_t *body, int64_t *ret_at_us)
{
    const json_t *at = json_object_get(body, "at_us");
    *ret_at_us = (int64_t)json_integer_value(at);
    return json_is_integer(at);
}
