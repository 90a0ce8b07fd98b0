/* What goes back: JSON bodies, and errors as JSON with their HTTP status. Any thread. */
#ifndef OVERT_SERVER_API_REPLY_H
#define OVERT_SERVER_API_REPLY_H

#include <jansson.h>

#include "server/api/request.h"

/* takes json, on every path; NULL (memory was out while it was made) is an error. */
OV_CHECKED enum ov_status reply_json(struct request *request, int http_status, json_t *take_json,
                                     struct ov_error *err);
/* 204. */
void reply_empty(struct request *request);
/* Turns an error into a reply. What people may read passes; anything else is one sentence, and its
 * own text goes to the log only. */
void reply_error(struct request *request, const struct ov_error *err);

/* Pieces of JSON. */
json_t *reply_id(const struct ov_id *id);
json_t *reply_time(int64_t utc_us); /* null for 0 */
json_t *reply_score(float value);   /* six decimals */
json_t *reply_digest(const uint8_t *data, size_t size);

#endif
