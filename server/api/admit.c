/* Admission: framing, identity, path, method, headers; the body is copied last. */
#include "server/api/admit.h"

#include <string.h>
#include <strings.h>

#include <event2/buffer.h>
#include <event2/keyvalq_struct.h>

static enum ov_status take_peer(struct request *request, SSL *ssl, struct ov_error *err)
{
    struct ov_error inner = OV_ERROR_INIT;
    if (ov_tls_check_alpn(ssl, &inner) != OV_OK ||
        ov_tls_peer(ssl, &request->peer, &inner) != OV_OK)
        return ov_fail(err, OV_ERR_DENIED, "identity.certificate",
                       "your certificate does not say who you are; ask for one with a single "
                       "overt:// name");
    switch (request->peer.kind) {
    case OV_PEER_PERSON:
        return OV_OK;
    case OV_PEER_SITE:
        break;
    }
    return ov_fail(err, OV_ERR_DENIED, "identity.not_a_person",
                   "this certificate is a site's; use that of a person");
}

static enum request_method method_of(struct evhttp_request *http)
{
    enum evhttp_cmd_type type = evhttp_request_get_command(http);
    if (type == EVHTTP_REQ_GET)
        return METHOD_GET;
    if (type == EVHTTP_REQ_POST)
        return METHOD_POST;
    if (type == EVHTTP_REQ_DELETE)
        return METHOD_DELETE;
    return type == EVHTTP_REQ_PATCH ? METHOD_PATCH : METHOD_OTHER;
}

/* The value of a header, NULL when it is not there; false when it is there twice. */
static bool one_header(struct evhttp_request *http, const char *name, const char **ret_value)
{
    const struct evkeyval *header;
    *ret_value = NULL;
    TAILQ_FOREACH(header, evhttp_request_get_input_headers(http), next)
    {
        if (strcasecmp(header->key, name) != 0)
            continue;
        if (*ret_value != NULL)
            return false;
        *ret_value = header->value;
    }
    return true;
}

/* Browsers send a certificate along with requests that other sites' pages make; a body type that a
 * plain form cannot have, and the browser's own word, keep those out. */
static enum ov_status check_origin(struct evhttp_request *http, struct ov_error *err)
{
    const char *from = NULL;
    if (!one_header(http, "Sec-Fetch-Site", &from) ||
        (from != NULL && strcmp(from, "same-origin") != 0 && strcmp(from, "none") != 0))
        return ov_fail(err, OV_ERR_DENIED, "request.cross_site",
                       "this request was made by another site's page; open the console itself");
    return OV_OK;
}

/* Whether what follows the head of a GET or DELETE is its body or the next request is a matter on
 * which versions of evhttp differ; what is unclear is refused and ends the connection. */
static enum ov_status check_no_body(struct request *request, struct evhttp_request *http,
                                    struct ov_error *err)
{
    const char *length = NULL;
    const char *encoding = NULL;
    bool may_have_one = request->method == METHOD_POST || request->method == METHOD_PATCH;
    bool once = one_header(http, "Content-Length", &length) &&
                one_header(http, "Transfer-Encoding", &encoding);
    if (once &&
        (may_have_one || (encoding == NULL && (length == NULL || strcmp(length, "0") == 0))))
        return OV_OK;
    request->ends_connection = true;
    return ov_fail(err, OV_ERR_INVALID, "request.body",
                   once ? "this request takes no body" : "a header is there twice");
}

static const char *type_of_body(enum route_body body)
{
    switch (body) {
    case BODY_NONE:
        break;
    case BODY_JSON:
        return "application/json";
    case BODY_JPEG:
        return "image/jpeg";
    }
    return NULL;
}

static size_t most_bytes(enum route_body body)
{
    switch (body) {
    case BODY_NONE:
        break;
    case BODY_JSON:
        return BODY_JSON_MAX_BYTES;
    case BODY_JPEG:
        return BODY_JPEG_MAX_BYTES;
    }
    return 0;
}

static enum ov_status check_type(struct evhttp_request *http, enum route_body body,
                                 struct ov_error *err)
{
    const char *wanted = type_of_body(body);
    const char *given = NULL;
    if (wanted == NULL)
        return OV_OK;
    bool once = one_header(http, "Content-Type", &given);
    size_t length = given != NULL ? strcspn(given, "; \t") : 0;
    if (!once || given == NULL || length != strlen(wanted) ||
        strncasecmp(given, wanted, length) != 0)
        return ov_fail(err, OV_ERR_INVALID, "request.content_type", "the Content-Type has to be %s",
                       wanted);
    return OV_OK;
}

static enum ov_status copy_text(const char *text, struct ov_secret *ret, struct ov_error *err)
{
    if (ov_secret_copy(ret, text, strlen(text) + 1) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    return OV_OK;
}

static enum ov_status take_entry_header(struct request *request, struct evhttp_request *http,
                                        struct ov_error *err)
{
    const char *entry = NULL;
    if (!one_header(http, "Overt-Entry", &entry))
        return ov_fail(err, OV_ERR_INVALID, "request.entry_header",
                       "the Overt-Entry header is there twice; send it once");
    return entry == NULL || *entry == '\0' ? OV_OK : copy_text(entry, &request->entry_header, err);
}

static enum ov_status take_key(struct request *request, struct evhttp_request *http,
                               struct ov_error *err)
{
    const char *key = NULL;
    bool once = one_header(http, "Idempotency-Key", &key);
    if (once && key == NULL)
        return OV_OK;
    if (once && !route_creates(request->route))
        return ov_fail(err, OV_ERR_INVALID, "request.idempotency_key",
                       "this request takes no Idempotency-Key; send it without");
    if (!once || ov_id_parse(key, &request->key) != OV_OK)
        return ov_fail(err, OV_ERR_INVALID, "request.idempotency_key",
                       "an Idempotency-Key is a random UUID, sent once");
    request->has_key = true;
    return OV_OK;
}

static enum ov_status take_body(struct request *request, struct evhttp_request *http,
                                struct ov_error *err)
{
    struct evbuffer *input = evhttp_request_get_input_buffer(http);
    size_t size = evbuffer_get_length(input);
    size_t most = most_bytes(request->route->body);
    if (most == 0 && size > 0)
        return ov_fail(err, OV_ERR_INVALID, "request.body", "this request takes no body");
    if (size > most)
        return ov_fail(err, OV_ERR_LIMIT, "request.too_large",
                       "the body has %zu bytes; at most %zu are taken", size, most);
    if (size == 0)
        return OV_OK;
    struct ov_secret body = OV_SECRET_INIT;
    if (ov_secret_new(&body, size) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    if (evbuffer_remove(input, body.data, size) != (int)size) {
        ov_secret_free(&body);
        return ov_fail(err, OV_ERR_INTERNAL, "api.body", "the body could not be taken");
    }
    request->body = body;
    return OV_OK;
}

enum ov_status admit(struct request *request, struct evhttp_request *http, SSL *ssl,
                     struct ov_error *err)
{
    request->method = method_of(http);
    enum ov_status status = check_no_body(request, http, err);
    if (status == OV_OK)
        status = take_peer(request, ssl, err);
    if (status == OV_OK)
        status = request_parse_target(request, evhttp_request_get_uri(http), err);
    if (status == OV_OK)
        status = route_find(request, err);
    if (status == OV_OK)
        status = check_origin(http, err);
    if (status == OV_OK)
        status = check_type(http, request->route->body, err);
    if (status == OV_OK)
        status = take_key(request, http, err);
    if (status == OV_OK && request->route->body == BODY_JPEG)
        status = take_entry_header(request, http, err);
    if (status == OV_OK)
        status = take_body(request, http, err);
    return status;
}
