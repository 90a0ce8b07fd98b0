/* Strict reading of JSON objects. Any thread. */
#include "server/api/json_in.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"

static void set_field(struct request *request, const char *name)
{
    (void)snprintf(request->field, sizeof(request->field), "%s", name);
}

static bool is_string_list(const json_t *value)
{
    if (!json_is_array(value))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (!json_is_string(json_array_get(value, i)))
            return false;
    }
    return true;
}

static bool is_kind(const json_t *value, enum json_in_kind kind)
{
    switch (kind) {
    case JSON_IN_STRING:
        return json_is_string(value);
    case JSON_IN_NUMBER:
        return json_is_number(value);
    case JSON_IN_INTEGER:
        return json_is_integer(value);
    case JSON_IN_BOOL:
        return json_is_boolean(value);
    case JSON_IN_STRINGS:
        return is_string_list(value);
    case JSON_IN_OBJECT:
        return json_is_object(value);
    case JSON_IN_ARRAY:
        return json_is_array(value);
    }
    return false;
}

static const char *kind_text(enum json_in_kind kind)
{
    switch (kind) {
    case JSON_IN_STRING:
        return "a string";
    case JSON_IN_NUMBER:
        return "a number";
    case JSON_IN_INTEGER:
        return "a whole number";
    case JSON_IN_BOOL:
        return "true or false";
    case JSON_IN_STRINGS:
        return "a list of strings";
    case JSON_IN_OBJECT:
        return "an object";
    case JSON_IN_ARRAY:
        return "a list";
    }
    return "";
}

static struct json_in_member *member_named(struct json_in_member *members, size_t count,
                                           const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(members[i].name, name) == 0)
            return &members[i];
    }
    return NULL;
}

static enum ov_status take_members(struct request *request, json_t *root,
                                   struct json_in_member *members, size_t count,
                                   struct ov_error *err)
{
    const char *name;
    json_t *value;
    for (size_t i = 0; i < count; i++)
        members[i].value = NULL;
    json_object_foreach(root, name, value)
    {
        struct json_in_member *member = member_named(members, count, name);
        /* The unknown name is not repeated: it could be anything, and errors may be shown. */
        if (member == NULL)
            return ov_fail(err, OV_ERR_INVALID, "request.unknown_member",
                           "the JSON object has a member that this request does not take; remove "
                           "it");
        if (json_is_null(value))
            continue;
        if (!is_kind(value, member->kind)) {
            set_field(request, member->name);
            return ov_fail(err, OV_ERR_INVALID, "request.wrong_type", "%s has to be %s",
                           member->name, kind_text(member->kind));
        }
        member->value = value;
    }
    for (size_t i = 0; i < count; i++) {
        if (members[i].required && members[i].value == NULL) {
            set_field(request, members[i].name);
            return ov_fail(err, OV_ERR_INVALID, "request.missing_member", "%s is missing; add it",
                           members[i].name);
        }
    }
    return OV_OK;
}

enum ov_status json_in_members(struct request *request, json_t *object,
                               struct json_in_member *members, size_t count, struct ov_error *err)
{
    return take_members(request, object, members, count, err);
}

enum ov_status json_in_read(struct request *request, const void *data, size_t size,
                            struct json_in_member *members, size_t count, json_t **ret_root,
                            struct ov_error *err)
{
    json_error_t problem;
    json_t *root =
        size == 0 ? json_object() : json_loadb(data, size, JSON_REJECT_DUPLICATES, &problem);
    /* problem's text may quote the input and stays here. */
    if (root == NULL)
        return ov_fail(err, OV_ERR_INVALID, "request.malformed",
                       "the JSON cannot be read (line %d, column %d); no member may be there twice",
                       size == 0 ? 0 : problem.line, size == 0 ? 0 : problem.column);
    enum ov_status status = json_is_object(root) ? take_members(request, root, members, count, err)
                                                 : ov_fail(err, OV_ERR_INVALID, "request.malformed",
                                                           "the JSON has to be an object");
    if (status != OV_OK)
        json_decref(root);
    else
        *ret_root = root;
    return status;
}

enum ov_status json_in_nothing(struct request *request, struct ov_error *err)
{
    json_t *root = NULL;
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, NULL, 0, &root, err);
    json_decref(root);
    return status;
}

int json_in_int(const json_t *value)
{
    json_int_t number = json_integer_value(value);
    return number > INT_MAX ? INT_MAX : number < INT_MIN ? INT_MIN : (int)number;
}

enum ov_status json_in_time(struct request *request, const struct json_in_member *member,
                            int64_t *ret_utc_us, struct ov_error *err)
{
    *ret_utc_us = 0;
    if (member->value == NULL)
        return OV_OK;
    if (ov_time_parse(json_string_value(member->value), ret_utc_us) == OV_OK && *ret_utc_us > 0)
        return OV_OK;
    set_field(request, member->name);
    return ov_fail(err, OV_ERR_INVALID, "request.time",
                   "%s has to be a time like 2026-05-01T12:00:00Z", member->name);
}
