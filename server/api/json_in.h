/*
 * Reading a JSON object strictly: known members only, each once, of its type. The values are
 * borrowed from the root.
 */
#ifndef OVERT_SERVER_API_JSON_IN_H
#define OVERT_SERVER_API_JSON_IN_H

#include <jansson.h>

#include "server/api/request.h"

enum json_in_kind {
    JSON_IN_STRING,
    JSON_IN_NUMBER,
    JSON_IN_INTEGER,
    JSON_IN_BOOL,
    JSON_IN_STRINGS,
    JSON_IN_OBJECT,
    JSON_IN_ARRAY
};

struct json_in_member {
    const char *name;
    enum json_in_kind kind;
    bool required;
    json_t *value; /* NULL when it is not there (or null) */
};

/* The object in data; empty data is {}. Fills each member's value; the caller decrefs the root.
 * Errors are "request.*", request->field says which member. */
OV_CHECKED enum ov_status json_in_read(struct request *request, const void *data, size_t size,
                                       struct json_in_member *members, size_t count,
                                       json_t **ret_root, struct ov_error *err);

/* For acts that take no member: an empty body, or {}. */
OV_CHECKED enum ov_status json_in_nothing(struct request *request, struct ov_error *err);

/* The same for an object within one that has been read. */
OV_CHECKED enum ov_status json_in_members(struct request *request, json_t *object,
                                          struct json_in_member *members, size_t count,
                                          struct ov_error *err);

/* A whole number; one that no int holds becomes the nearest that does, for the rules to refuse. */
int json_in_int(const json_t *value);

/* ISO 8601 to microseconds; 0 when the member is not there. */
OV_CHECKED enum ov_status json_in_time(struct request *request, const struct json_in_member *member,
                                       int64_t *ret_utc_us, struct ov_error *err);

#endif
