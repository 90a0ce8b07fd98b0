/* HTTPS requests through libcurl: one easy handle, driven by a multi handle so that Ctrl-C on its
 * file descriptor ends a long poll at once. A struct http belongs to one thread. */
#include "server/ctl/http.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "server/ctl/http_explain.h"
#include "server/ctl/interrupt.h"

#define HTTP_ANSWER_MAX_BYTES ((size_t)16 * 1024 * 1024)
#define HTTP_CONNECT_TIMEOUT_S 10
#define HTTP_DEFAULT_PORT 7643

struct http {
    CURL *easy;
    CURLM *multi;
    struct http_options options;
    struct identity identity;
    char origin[300]; /* "https://host:port" */
    char detail[CURL_ERROR_SIZE];
    int alert; /* what the peer sent last; -1: none */
    bool too_long;
    struct ov_buf *body; /* where the running request's answer goes */
};

static char *wiping_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = ov_wiping_malloc(size);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

static void *wiping_calloc(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / 2 / size)
        return NULL;
    void *block = ov_wiping_malloc(count * size);
    if (block != NULL)
        memset(block, 0, count * size);
    return block;
}

enum ov_status http_library_init(struct ov_error *err)
{
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, ov_wiping_malloc, ov_wiping_free,
                             ov_wiping_realloc, wiping_strdup, wiping_calloc) != CURLE_OK)
        return ov_fail(err, OV_ERR_INTERNAL, "http.init", "libcurl does not start");
    return OV_OK;
}

void http_library_done(void)
{
    curl_global_cleanup();
}

/* Splits "HOST", "HOST:PORT", "[V6]" and "[V6]:PORT"; ret_port is NULL without one. */
static bool split_server(const char *text, const char **ret_host, size_t *ret_length,
                         const char **ret_port)
{
    const char *colon = strrchr(text, ':');
    if (text[0] == '[') {
        const char *close = strchr(text, ']');
        if (close == NULL || (close[1] != '\0' && close[1] != ':'))
            return false;
        *ret_host = text + 1;
        *ret_length = (size_t)(close - text - 1);
        *ret_port = close[1] == ':' ? close + 2 : NULL;
        return true;
    }
    if (colon != NULL && strchr(text, ':') != colon)
        return false; /* an IPv6 address needs brackets */
    *ret_host = text;
    *ret_length = colon == NULL ? strlen(text) : (size_t)(colon - text);
    *ret_port = colon == NULL ? NULL : colon + 1;
    return true;
}

enum ov_status http_server_parse(const char *text, struct http_options *options)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:";
    const char *host = NULL;
    const char *port_text = NULL;
    size_t length = 0;
    int64_t port = HTTP_DEFAULT_PORT;
    if (!split_server(text, &host, &length, &port_text) || length == 0 ||
        length >= sizeof(options->host) || strspn(host, allowed) < length)
        return OV_ERR_INVALID;
    if (port_text != NULL && ov_parse_i64(port_text, 1, 65535, &port) != OV_OK)
        return OV_ERR_INVALID;
    (void)snprintf(options->host, sizeof(options->host), "%.*s", (int)length, host);
    options->port = (int)port;
    return OV_OK;
}

static size_t on_body(char *data, size_t unit, size_t count, void *ctx)
{
    struct http *http = ctx;
    size_t size = unit * count;
    http->too_long = http->body->length + size > HTTP_ANSWER_MAX_BYTES;
    if (http->too_long)
        return 0;
    ov_buf_append(http->body, data, size);
    return http->body->failed ? 0 : size;
}

static void on_tls_event(const SSL *ssl, int where, int value)
{
    if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT || (value & 0xff) == SSL_AD_CLOSE_NOTIFY)
        return;
    struct http *http = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    http->alert = value & 0xff;
}

static CURLcode on_tls_context(CURL *easy, void *tls_context, void *ctx)
{
    SSL_CTX *tls = tls_context;
    (void)easy;
    SSL_CTX_set_app_data(tls, ctx);
    SSL_CTX_set_info_callback(tls, on_tls_event);
    SSL_CTX_set_options(tls, SSL_OP_CLEANSE_PLAINTEXT | SSL_OP_NO_TICKET);
    return CURLE_OK;
}

static bool set_tls(struct http *http)
{
    CURL *easy = http->easy;
    bool good = curl_easy_setopt(easy, CURLOPT_SSLVERSION,
                                 (long)CURL_SSLVERSION_TLSv1_3 |
                                     (long)CURL_SSLVERSION_MAX_TLSv1_3) == CURLE_OK;
    good = good && curl_easy_setopt(easy, CURLOPT_CAINFO, http->identity.ca) == CURLE_OK;
    good = good && curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK; /* not the system's */
    good = good && curl_easy_setopt(easy, CURLOPT_SSLCERT, http->identity.cert) == CURLE_OK;
    good = good && curl_easy_setopt(easy, CURLOPT_SSLKEY, http->identity.key) == CURLE_OK;
    good = good && curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK;
    good = good && curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK;
    good = good && curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L) == CURLE_OK;
    good = good && curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls_context) == CURLE_OK;
    return good && curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, http) == CURLE_OK;
}

static bool set_http(struct http *http)
{
    CURL *easy = http->easy;
    bool good =
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK;
    good = good && curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK;
    good = good && curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK;
    good = good && curl_easy_setopt(easy, CURLOPT_NOPROXY, "*") == CURLE_OK;
    good = good && curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    good = good && curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK;
    /* Each request has a connection of its own. On an old one that the server is just closing,
     * libcurl would send again by itself, and an act must not happen twice. And when a connection
     * is closed, libcurl reads what the peer sent last: often the only way to see the alert with
     * which it refused our certificate (TLS 1.3 lets it do so after the request has been sent). */
    good = good && curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK;
    good = good && curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK;
    good = good &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)HTTP_CONNECT_TIMEOUT_S) == CURLE_OK;
    good = good && curl_easy_setopt(easy, CURLOPT_USERAGENT, "overtctl/" OVERT_VERSION) == CURLE_OK;
    good = good && curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, http->detail) == CURLE_OK;
    good = good && curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK;
    return good && curl_easy_setopt(easy, CURLOPT_WRITEDATA, http) == CURLE_OK;
}

enum ov_status http_new(const struct http_options *options, struct http **ret_http,
                        struct ov_error *err)
{
    struct http *http = calloc(1, sizeof(*http));
    if (http == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    http->options = *options;
    enum ov_status status = identity_open(options->identity_folder, &http->identity, err);
    if (status == OV_OK) {
        bool is_v6 = strchr(options->host, ':') != NULL;
        (void)snprintf(http->origin, sizeof(http->origin), "https://%s%s%s:%d", is_v6 ? "[" : "",
                       options->host, is_v6 ? "]" : "", options->port);
        http->easy = curl_easy_init();
        http->multi = curl_multi_init();
        if (http->easy == NULL || http->multi == NULL || !set_tls(http) || !set_http(http))
            status = ov_fail(err, OV_ERR_INTERNAL, "http.init",
                             "this libcurl lacks something that is needed; it is version %s",
                             curl_version());
    }
    if (status != OV_OK)
        http_free(http);
    else
        *ret_http = http;
    return status;
}

void http_free(struct http *http)
{
    if (http == NULL)
        return;
    curl_easy_cleanup(http->easy);
    (void)curl_multi_cleanup(http->multi);
    free(http);
}

const struct identity *http_identity(const struct http *http)
{
    return &http->identity;
}

static bool add_header(struct curl_slist **headers, const char *name, const char *value)
{
    struct ov_buf line = OV_BUF_INIT;
    ov_buf_printf(&line, "%s: %s", name, value);
    struct curl_slist *longer = line.failed ? NULL : curl_slist_append(*headers, line.data);
    ov_buf_free(&line);
    if (longer == NULL)
        return false;
    *headers = longer;
    return true;
}

static bool set_request(struct http *http, const struct http_request *request,
                        struct curl_slist **headers)
{
    CURL *easy = http->easy;
    char url[2048];
    int length = snprintf(url, sizeof(url), "%s%s", http->origin, request->path);
    bool good = length > 0 && (size_t)length < sizeof(url);
    good = good && curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK;
    good = good && curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    if (request->body != NULL) {
        good = good && curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                                        (curl_off_t)request->body_bytes) == CURLE_OK;
        good = good && curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body) == CURLE_OK;
        good = good && add_header(headers, "Content-Type", request->content_type);
        good = good && curl_slist_append(*headers, "Expect:") != NULL;
    }
    if (request->entry != NULL)
        good = good && add_header(headers, "Overt-Entry", request->entry);
    if (request->key != NULL)
        good = good && add_header(headers, "Idempotency-Key", request->key);
    good = good && add_header(headers, "Accept", "application/json");
    good = good && curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method) == CURLE_OK;
    good = good && curl_easy_setopt(easy, CURLOPT_HTTPHEADER, *headers) == CURLE_OK;
    return good && curl_easy_setopt(easy, CURLOPT_TIMEOUT,
                                    (long)request->timeout_s + HTTP_CONNECT_TIMEOUT_S) == CURLE_OK;
}

/* Runs the prepared request to its end; true when it was interrupted instead. */
static bool run(struct http *http, CURLcode *ret_result)
{
    struct curl_waitfd also = {http->options.interrupt_fd, CURL_WAIT_POLLIN, 0};
    unsigned also_count = http->options.interrupt_fd == INTERRUPT_NONE ? 0 : 1;
    bool interrupted = false;
    int running = 0;
    *ret_result = CURLE_FAILED_INIT;
    if (curl_multi_add_handle(http->multi, http->easy) != CURLM_OK)
        return false;
    while (curl_multi_perform(http->multi, &running) == CURLM_OK && running > 0 && !interrupted) {
        if (curl_multi_poll(http->multi, &also, also_count, 1000, NULL) != CURLM_OK)
            break;
        interrupted = also_count > 0 && interrupt_wait(http->options.interrupt_fd, 0);
    }
    int left = 0;
    const CURLMsg *message = curl_multi_info_read(http->multi, &left);
    if (message != NULL && message->msg == CURLMSG_DONE) {
        *ret_result = message->data.result;
        interrupted = false;
    }
    (void)curl_multi_remove_handle(http->multi, http->easy);
    return interrupted;
}

static enum http_trouble trouble_of(CURLcode result)
{
    if (result == CURLE_COULDNT_RESOLVE_HOST)
        return TROUBLE_NAME;
    if (result == CURLE_COULDNT_CONNECT)
        return TROUBLE_CONNECT;
    if (result == CURLE_OPERATION_TIMEDOUT)
        return TROUBLE_TIMEOUT;
    if (result == CURLE_PEER_FAILED_VERIFICATION)
        return TROUBLE_SERVER_CERT;
    if (result == CURLE_SSL_CERTPROBLEM || result == CURLE_SSL_CACERT_BADFILE)
        return TROUBLE_OWN_FILES;
    if (result == CURLE_SSL_CONNECT_ERROR)
        return TROUBLE_HANDSHAKE;
    return TROUBLE_LOST;
}

static enum ov_status fail(struct http *http, CURLcode result, struct ov_error *err)
{
    long sent_bytes = 0;
    long verify_result = 0;
    if (http->too_long)
        return ov_fail(err, OV_ERR_LIMIT, "http.answer_size", "the server's answer is too long");
    if (http->body->failed || result == CURLE_OUT_OF_MEMORY)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    if (result == CURLE_WEIRD_SERVER_REPLY || result == CURLE_UNSUPPORTED_PROTOCOL)
        return ov_fail(err, OV_ERR_PROTOCOL, "http.answer", "the server's answer is not HTTP");
    (void)curl_easy_getinfo(http->easy, CURLINFO_REQUEST_SIZE, &sent_bytes);
    (void)curl_easy_getinfo(http->easy, CURLINFO_SSL_VERIFYRESULT, &verify_result);
    struct http_failure failure = {
        .trouble = trouble_of(result),
        .host = http->options.host,
        .port = http->options.port,
        .was_sent = sent_bytes > 0,
        .alert = http->alert,
        .verify_result = verify_result,
        .detail = http->detail[0] != '\0' ? http->detail : curl_easy_strerror(result),
        .identity = &http->identity,
        .now_us = ov_clock_utc_us(ov_clock_system()),
    };
    return http_explain(&failure, err);
}

enum ov_status http_send(struct http *http, const struct http_request *request,
                         struct http_response *ret_response, struct ov_error *err)
{
    struct curl_slist *headers = NULL;
    enum ov_status status = OV_OK;
    CURLcode result = CURLE_OK;
    memset(ret_response, 0, sizeof(*ret_response));
    http->body = &ret_response->body;
    http->alert = -1;
    http->too_long = false;
    http->detail[0] = '\0';
    if (!set_request(http, request, &headers))
        status = ov_fail(err, OV_ERR_LIMIT, "http.request", "the request cannot be made: too long");
    else if (run(http, &result))
        status = ov_fail(err, OV_ERR_STATE, "interrupted", "interrupted");
    else if (result != CURLE_OK)
        status = fail(http, result, err);
    else
        (void)curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &ret_response->status);
    (void)curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    http->body = NULL;
    return status;
}
