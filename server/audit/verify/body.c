/* Reading bodies. */
#include "server/audit/verify/body.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"

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

/* What follows the last occurrence of a member's name. Within a body of ours no string holds a
 * quotation mark, so that a name with its quotes is a name. */
static const char *after(const char *body, size_t size, const char *name)
{
    const char *found = memmem(body, size, name, strlen(name));
    return found != NULL ? found + strlen(name) : NULL;
}

bool body_id(const char *body, size_t size, struct ov_id *ret)
{
    char text[OV_ID_TEXT_SIZE];
    /* The event's own comes right before its name; actor and object have ids too. */
    const char *at = after(body, size, "},\"id\":\"");
    while (at != NULL && (size_t)(body + size - at) >= OV_ID_TEXT_SIZE + 8 &&
           memcmp(at + OV_ID_TEXT_SIZE - 1, "\",\"name\":", 9) != 0)
        at = after(at, (size_t)(body + size - at), "},\"id\":\"");
    if (at == NULL || (size_t)(body + size - at) < OV_ID_TEXT_SIZE)
        return false;
    memcpy(text, at, OV_ID_TEXT_SIZE - 1);
    text[OV_ID_TEXT_SIZE - 1] = '\0';
    return ov_id_parse(text, ret) == OV_OK;
}

bool body_time(const char *body, size_t size, int64_t *ret_at_us)
{
    char text[24];
    size_t length = 0;
    const char *at = after(body, size, ",\"at_us\":");
    if (at == NULL)
        return false;
    while (length < sizeof(text) - 1 && at + length < body + size && at[length] >= '0' &&
           at[length] <= '9')
        length++;
    memcpy(text, at, length);
    text[length] = '\0';
    return ov_parse_i64(text, 0, INT64_MAX, ret_at_us) == OV_OK;
}
