/* The API's conventions. Knows JSON and HTTP statuses; libcurl is in http.c. */
#include "server/ctl/api.h"

#include <stdio.h>
#include <string.h>

#include "common/base/secret.h"
#include "server/ctl/text.h"

#define API_TIMEOUT_S 60
#define API_UPLOAD_TIMEOUT_S 180

void api_library_init(void)
{
    json_set_alloc_funcs(ov_wiping_malloc, ov_wiping_free);
}

const char *api_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

long long api_int(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

double api_number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static int append_chunk(const char *data, size_t size, void *ctx)
{
    struct ov_buf *out = ctx;
    ov_buf_append(out, data, size);
    return out->failed ? -1 : 0;
}

void api_dump(const json_t *json, bool indented, struct ov_buf *out)
{
    /* ASCII only: no control character of any kind can reach a terminal through it. */
    size_t flags = JSON_ENSURE_ASCII | (indented ? JSON_INDENT(2) : JSON_COMPACT);
    if (json == NULL || json_dump_callback(json, append_chunk, out, flags) != 0)
        out->failed = true;
    ov_buf_puts(out, "\n");
}

static enum ov_status status_of(long http_status)
{
    switch (http_status) {
    case 401:
    case 403:
        return OV_ERR_DENIED;
    case 404:
        return OV_ERR_NOT_FOUND;
    case 409:
        return OV_ERR_CONFLICT;
    case 413:
        return OV_ERR_LIMIT;
    case 429:
    case 503:
        return OV_ERR_UNAVAILABLE;
    default:
        return http_status >= 500 ? OV_ERR_INTERNAL : OV_ERR_INVALID;
    }
}

/* What to do about a refusal, in this program's words; "" where the server's say it all. */
static const char *hint_for(const char *code)
{
    static const struct {
        const char *code;
        const char *hint;
    } hints[] = {
        {"deployment.unknown", "; 'overtctl deployment list' shows them"},
    };
    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
        if (strcmp(hints[i].code, code) == 0)
            return hints[i].hint;
    }
    return "";
}

/* Passes the server's refusal on. */
static enum ctl_exit refuse(long http_status, const json_t *answer, struct ov_error *err)
{
    const json_t *error = json_object_get(answer, "error");
    const char *code = api_text(error, "code");
    struct ov_buf text = OV_BUF_INIT;
    text_append_clean(&text, api_text(error, "text"));
    if (*code != '\0' && text.length > 0) {
        (void)ov_fail(err, status_of(http_status), code, "%s%s", text.data, hint_for(code));
        ov_buf_free(&text);
        return CTL_REFUSED;
    }
    ov_buf_free(&text);
    if (http_status == 502 || http_status == 503 || http_status == 504) {
        (void)ov_fail(err, OV_ERR_UNAVAILABLE, "http.gateway",
                      "the server is not available (HTTP status %ld)", http_status);
        return CTL_UNREACHABLE;
    }
    (void)ov_fail(err, status_of(http_status), "http.status",
                  "the server refused with HTTP status %ld and no reason", http_status);
    return CTL_REFUSED;
}

static enum ctl_exit exit_of(enum ov_status status)
{
    return status == OV_ERR_NOMEM || status == OV_ERR_INTERNAL ? CTL_USAGE : CTL_UNREACHABLE;
}

static enum ctl_exit call(struct http *http, const struct http_request *request, json_t **ret_json,
                          struct ov_error *err)
{
    struct http_response response;
    enum ctl_exit result = CTL_OK;
    enum ov_status status = http_send(http, request, &response, err);
    if (status != OV_OK) {
        ov_buf_free(&response.body);
        return exit_of(status);
    }
    json_t *json = response.body.length == 0 ? NULL
                                             : json_loadb(response.body.data, response.body.length,
                                                          JSON_REJECT_DUPLICATES, NULL);
    ov_buf_free(&response.body);
    if (response.status < 200 || response.status > 299) {
        result = refuse(response.status, json, err);
    } else if (ret_json != NULL && !json_is_object(json)) {
        (void)ov_fail(err, OV_ERR_PROTOCOL, "http.json",
                      "the server's answer is not what this version of overtctl understands");
        result = CTL_UNREACHABLE;
    }
    if (result != CTL_OK || ret_json == NULL)
        json_decref(json);
    else
        *ret_json = json;
    return result;
}

enum ctl_exit api_get_waiting(struct http *http, const char *path, int wait_s, json_t **ret_json,
                              struct ov_error *err)
{
    struct http_request request = {
        .method = "GET", .path = path, .timeout_s = API_TIMEOUT_S + wait_s};
    return call(http, &request, ret_json, err);
}

enum ctl_exit api_get(struct http *http, const char *path, json_t **ret_json, struct ov_error *err)
{
    return api_get_waiting(http, path, 0, ret_json, err);
}

/* Whether an answer may have got lost: then the request may have been done. */
static bool is_lost(const struct ov_error *err)
{
    return strcmp(err->code, "net.lost") == 0;
}

/* With a key nothing is done twice, so a lost answer is asked for once more. */
static enum ctl_exit call_once(struct http *http, struct http_request *request,
                               const struct ov_id *key, json_t **ret_json, struct ov_error *err)
{
    char text[OV_ID_TEXT_SIZE];
    request->key = ov_id_format(key, text);
    enum ctl_exit result = call(http, request, ret_json, err);
    if (result == CTL_UNREACHABLE && is_lost(err)) {
        ov_error_clear(err);
        result = call(http, request, ret_json, err);
    }
    request->key = NULL;
    return result;
}

static enum ctl_exit send_json(struct http *http, const char *method, const char *path,
                               json_t *take_body, const struct ov_id *key, json_t **ret_json,
                               struct ov_error *err)
{
    struct ov_buf body = OV_BUF_INIT;
    enum ctl_exit result = CTL_OK;
    api_dump(take_body, false, &body);
    json_decref(take_body);
    if (body.failed) {
        (void)ov_fail(err, OV_ERR_INVALID, "usage.text",
                      "the request cannot be made: is all the text UTF-8?");
        result = CTL_USAGE;
    } else {
        struct http_request request = {.method = method,
                                       .path = path,
                                       .content_type = "application/json",
                                       .body = body.data,
                                       .body_bytes = body.length,
                                       .timeout_s = API_TIMEOUT_S};
        result = key != NULL ? call_once(http, &request, key, ret_json, err)
                             : call(http, &request, ret_json, err);
    }
    ov_buf_free(&body);
    return result;
}

enum ctl_exit api_post(struct http *http, const char *path, json_t *take_body, json_t **ret_json,
                       struct ov_error *err)
{
    return send_json(http, "POST", path, take_body, NULL, ret_json, err);
}

enum ctl_exit api_create(struct http *http, const char *path, json_t *take_body, json_t **ret_json,
                         struct ov_error *err)
{
    struct ov_id key = ov_id_new();
    return send_json(http, "POST", path, take_body, &key, ret_json, err);
}

static enum ctl_exit put_place(struct ov_buf *path, const struct api_place *place,
                               struct ov_error *err)
{
    ov_buf_printf(path, "/v1/%s/", place->collection);
    text_percent_encode(path, place->id);
    if (place->act != NULL)
        ov_buf_printf(path, "/%s", place->act);
    return path->failed ? ctl_out_of_memory(err) : CTL_OK;
}

enum ctl_exit api_get_at(struct http *http, const struct api_place *place, json_t **ret_json,
                         struct ov_error *err)
{
    struct ov_buf path = OV_BUF_INIT;
    enum ctl_exit result = put_place(&path, place, err);
    if (result == CTL_OK)
        result = api_get(http, path.data, ret_json, err);
    ov_buf_free(&path);
    return result;
}

enum ctl_exit api_post_at(struct http *http, const struct api_place *place, json_t *take_body,
                          json_t **ret_json, struct ov_error *err)
{
    struct ov_buf path = OV_BUF_INIT;
    enum ctl_exit result = put_place(&path, place, err);
    if (result == CTL_OK)
        result = api_post(http, path.data, take_body, ret_json, err);
    else
        json_decref(take_body);
    ov_buf_free(&path);
    return result;
}

enum ctl_exit api_patch(struct http *http, const char *path, json_t *take_body, json_t **ret_json,
                        struct ov_error *err)
{
    return send_json(http, "PATCH", path, take_body, NULL, ret_json, err);
}

enum ctl_exit api_post_for_file(struct http *http, const char *path, json_t *take_body,
                                struct ov_buf *ret_file, struct ov_error *err)
{
    struct ov_buf body = OV_BUF_INIT;
    struct http_response response;
    api_dump(take_body, false, &body);
    json_decref(take_body);
    if (body.failed) {
        ov_buf_free(&body);
        return ctl_out_of_memory(err);
    }
    struct http_request request = {.method = "POST",
                                   .path = path,
                                   .content_type = "application/json",
                                   .body = body.data,
                                   .body_bytes = body.length,
                                   .timeout_s = API_TIMEOUT_S};
    enum ov_status status = http_send(http, &request, &response, err);
    ov_buf_free(&body);
    *ret_file = response.body;
    if (status != OV_OK)
        return exit_of(status);
    if (response.status >= 200 && response.status <= 299)
        return CTL_OK;
    json_t *json = json_loadb(ret_file->data != NULL ? ret_file->data : "", ret_file->length,
                              JSON_REJECT_DUPLICATES, NULL);
    enum ctl_exit result = refuse(response.status, json, err);
    json_decref(json);
    return result;
}

/* "/v1/x?a=b" and the page that begins after "next". */
static bool next_path(const char *path, const char *next, struct ov_buf *out)
{
    ov_buf_free(out);
    ov_buf_printf(out, "%s%cafter=", path, strchr(path, '?') != NULL ? '&' : '?');
    text_percent_encode(out, next);
    return !out->failed;
}

enum ctl_exit api_get_all(struct http *http, const char *path, const char *key, json_t **ret_json,
                          struct ov_error *err)
{
    struct ov_buf at = OV_BUF_INIT;
    json_t *all = json_array();
    bool more = true;
    enum ctl_exit result = CTL_OK;
    ov_buf_puts(&at, path);
    while (more && result == CTL_OK) {
        json_t *page = NULL;
        result =
            all == NULL || at.failed ? ctl_out_of_memory(err) : api_get(http, at.data, &page, err);
        if (result != CTL_OK)
            break;
        json_t *next = json_object_get(page, "next");
        more = json_is_string(next);
        if (json_array_extend(all, json_object_get(page, key)) != 0 ||
            (more && !next_path(path, json_string_value(next), &at)))
            result = ctl_out_of_memory(err);
        json_decref(page);
    }
    ov_buf_free(&at);
    if (result == CTL_OK && (*ret_json = json_pack("{sO}", key, all)) == NULL)
        result = ctl_out_of_memory(err);
    json_decref(all);
    return result;
}

enum ctl_exit api_delete(struct http *http, const char *path, struct ov_error *err)
{
    struct http_request request = {.method = "DELETE", .path = path, .timeout_s = API_TIMEOUT_S};
    return call(http, &request, NULL, err);
}

/* The metadata's header value. */
static bool encode_entry(const struct api_entry *entry, struct ov_buf *header)
{
    struct ov_buf text = OV_BUF_INIT;
    json_t *json = json_pack(
        "{si ss ss ss ss ss* ss* ss* ss* ss* ss* ss* ss* ss*}", "v", 1, "category", entry->category,
        "response", entry->response, "name", entry->name, "reference", entry->reference, "priority",
        entry->priority, "justification", entry->justification, "legal_basis", entry->legal_basis,
        "image_source", entry->image_source, "image_date", entry->image_date, "birth_date",
        entry->birth_date, "expiry", entry->expiry, "consent_digest", entry->consent_digest,
        "override", entry->override);
    api_dump(json, false, &text);
    json_decref(json);
    if (!text.failed)
        text_base64url(header, text.data, text.length);
    bool good = !text.failed && !header->failed;
    ov_buf_free(&text);
    return good;
}

enum ctl_exit api_add_entry(struct http *http, const char *deployment_id,
                            const struct api_entry *entry, json_t **ret_json, struct ov_error *err)
{
    char path[128];
    struct ov_buf header = OV_BUF_INIT;
    enum ctl_exit result = CTL_OK;
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist", deployment_id);
    if (!encode_entry(entry, &header)) {
        (void)ov_fail(err, OV_ERR_INVALID, "usage.text",
                      "the name, reference, category or response is not UTF-8 text");
        result = CTL_USAGE;
    } else {
        struct http_request request = {.method = "POST",
                                       .path = path,
                                       .content_type = "image/jpeg",
                                       .body = entry->jpeg,
                                       .body_bytes = entry->jpeg_bytes,
                                       .entry = header.data,
                                       .timeout_s = API_UPLOAD_TIMEOUT_S};
        result = call_once(http, &request, &entry->key, ret_json, err);
    }
    ov_buf_free(&header);
    return result;
}
