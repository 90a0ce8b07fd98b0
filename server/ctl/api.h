/*
 * The API's conventions: JSON in and out, errors as {"error":{"code","text"}}.
 *
 * Each call says how the command would end (ctl.h); the server's refusals are passed on with the
 * server's own code and sentence. err->status tells kinds of trouble apart where it matters.
 */
#ifndef OVERT_SERVER_CTL_API_H
#define OVERT_SERVER_CTL_API_H

#include <jansson.h>

#include "server/ctl/ctl.h"

/* Once, at start: JSON memory is wiped when it is freed. */
void api_library_init(void);

/* ret_json is the caller's; never NULL on success. */
OV_CHECKED enum ctl_exit api_get(struct http *http, const char *path, json_t **ret_json,
                                 struct ov_error *err);
/* The same for an answer that may take wait_s seconds by request. */
OV_CHECKED enum ctl_exit api_get_waiting(struct http *http, const char *path, int wait_s,
                                         json_t **ret_json, struct ov_error *err);
/* take_body may be NULL, for a failed json_pack. */
OV_CHECKED enum ctl_exit api_post(struct http *http, const char *path, json_t *take_body,
                                  json_t **ret_json, struct ov_error *err);
/* The same for what makes something new. It goes with a key of its own, so that it can be sent once
 * more when the answer was lost, and is done once. */
OV_CHECKED enum ctl_exit api_create(struct http *http, const char *path, json_t *take_body,
                                    json_t **ret_json, struct ov_error *err);
OV_CHECKED enum ctl_exit api_patch(struct http *http, const char *path, json_t *take_body,
                                   json_t **ret_json, struct ov_error *err);
/* What is asked of one thing: "/v1/COLLECTION/ID/ACT". id: or a name, as a person gave it. */
struct api_place {
    const char *collection;
    const char *id;
    const char *act; /* NULL: the thing itself */
};
OV_CHECKED enum ctl_exit api_get_at(struct http *http, const struct api_place *place,
                                    json_t **ret_json, struct ov_error *err);
OV_CHECKED enum ctl_exit api_post_at(struct http *http, const struct api_place *place,
                                     json_t *take_body, json_t **ret_json, struct ov_error *err);
/* A list that comes in pages, whole: key names its array in the answers. path may have a query. */
OV_CHECKED enum ctl_exit api_get_all(struct http *http, const char *path, const char *key,
                                     json_t **ret_json, struct ov_error *err);
/* POST, answered by a file. ret_file is freed by the caller, after a failure too. */
OV_CHECKED enum ctl_exit api_post_for_file(struct http *http, const char *path, json_t *take_body,
                                           struct ov_buf *ret_file, struct ov_error *err);
OV_CHECKED enum ctl_exit api_delete(struct http *http, const char *path, struct ov_error *err);

/* A watchlist entry: an image and what is said of it. All borrowed. */
struct api_entry {
    const char *category;
    const char *response;
    const char *name;
    const char *reference;
    const void *jpeg;
    size_t jpeg_bytes;
    struct ov_id key; /* the same for as often as the same is sent; ov_id_new() */
    /* NULL: not given. */
    const char *priority;
    const char *justification;
    const char *legal_basis;
    const char *image_source;
    const char *image_date;
    const char *birth_date;
    const char *expiry;
    const char *consent_digest;
    const char *override;
};
OV_CHECKED enum ctl_exit api_add_entry(struct http *http, const char *deployment_id,
                                       const struct api_entry *entry, json_t **ret_json,
                                       struct ov_error *err);

/* Fields of an answer; "" or 0 when there is none of that name and type. Borrowed. */
const char *api_text(const json_t *object, const char *key);
long long api_int(const json_t *object, const char *key);
double api_number(const json_t *object, const char *key);

/* Appends JSON and a line end: indented for people, else on one line. */
void api_dump(const json_t *json, bool indented, struct ov_buf *out);

#endif
