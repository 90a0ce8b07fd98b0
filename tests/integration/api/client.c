/* libcurl, wrapped. */
#include "tests/integration/api/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "common/base/bytes.h"
#include "common/base/secret.h"
#include "server/ctl/sign.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/harness/recording.h"

struct client {
    CURL *curl;
    struct identity identity; /* its key, for signing */
};

struct client *client_new_at(const char *folder)
{
    char path[PATH_MAX + 64];
    struct client *client = calloc(1, sizeof(*client));
    client->curl = curl_easy_init();
    assert_non_null(client->curl);
    curl_easy_setopt(client->curl, CURLOPT_CAINFO, bed.ca);
    curl_easy_setopt(client->curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(client->curl, CURLOPT_TIMEOUT, 90L);
    curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
    if (folder != NULL) {
        (void)snprintf(path, sizeof(path), "%s/%s/cert.pem", bed.dir, folder);
        curl_easy_setopt(client->curl, CURLOPT_SSLCERT, path);
        (void)snprintf(path, sizeof(path), "%.2000s/%.1000s/key.pem", bed.dir, folder);
        curl_easy_setopt(client->curl, CURLOPT_SSLKEY, path);
        (void)snprintf(client->identity.key, sizeof(client->identity.key),
                       "%.2000s/%.1000s/key.pem", bed.dir, folder);
    }
    return client;
}

struct client *client_new(const char *identity)
{
    char folder[256];
    if (identity == NULL)
        return client_new_at(NULL);
    (void)snprintf(folder, sizeof(folder), "pki/%s", identity);
    return client_new_at(folder);
}

void client_free(struct client *client)
{
    curl_easy_cleanup(client->curl);
    free(client);
}

void answer_done(struct answer *answer)
{
    json_decref(answer->json);
    answer->json = NULL;
    ov_buf_free(&answer->body);
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    ov_buf_append(ctx, data, size * count);
    return size * count;
}

static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
    struct answer *answer = ctx;
    size_t used = strlen(answer->headers);
    size_t length = size * count;
    if (used + length < sizeof(answer->headers)) {
        memcpy(answer->headers + used, data, length);
        answer->headers[used + length] = '\0';
    }
    return length;
}

static struct curl_slist *list_of(const char *const *headers)
{
    struct curl_slist *list = NULL;
    for (size_t i = 0; headers != NULL && headers[i] != NULL; i++)
        list = curl_slist_append(list, headers[i]);
    return list;
}

/* The Content-Type of a request, NULL when none is given. */
static const char *type_among(const char *const *headers)
{
    static const char name[] = "Content-Type: ";
    for (size_t i = 0; headers != NULL && headers[i] != NULL; i++) {
        if (strncmp(headers[i], name, sizeof(name) - 1) == 0)
            return headers[i] + sizeof(name) - 1;
    }
    return NULL;
}

struct answer client_send(struct client *client, const char *method, const char *path,
                          const char *const *headers, const void *body, size_t body_bytes)
{
    char url[1024];
    struct answer answer = {.status = 0};
    struct ov_buf received = OV_BUF_INIT;
    struct curl_slist *list = list_of(headers);
    (void)snprintf(url, sizeof(url), "https://localhost:%d%s", api_port(bed.api), path);
    curl_easy_setopt(client->curl, CURLOPT_URL, url);
    curl_easy_setopt(client->curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, &received);
    curl_easy_setopt(client->curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(client->curl, CURLOPT_HEADERDATA, &answer);
    curl_easy_setopt(client->curl, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(client->curl, CURLOPT_CUSTOMREQUEST, method);
    if (body != NULL) {
        curl_easy_setopt(client->curl, CURLOPT_POST, 1L);
        curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body_bytes);
        curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(client->curl, CURLOPT_CUSTOMREQUEST, method);
    }
    answer.curl_code = (int)curl_easy_perform(client->curl);
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &answer.status);
    recording_add(&(struct exchange){.method = method,
                                     .target = path,
                                     .request_type = body != NULL ? type_among(headers) : NULL,
                                     .request = body,
                                     .request_bytes = body_bytes,
                                     .status = answer.status,
                                     .answer = received.data,
                                     .answer_bytes = received.length});
    if (received.length > 0)
        answer.json = json_loadb(received.data, received.length, 0, NULL);
    curl_slist_free_all(list);
    answer.body = received;
    return answer;
}

struct answer client_get(struct client *client, const char *path)
{
    return client_send(client, "GET", path, NULL, NULL, 0);
}

struct answer client_delete(struct client *client, const char *path)
{
    return client_send(client, "DELETE", path, NULL, NULL, 0);
}

struct answer client_post(struct client *client, const char *path, const char *json)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    return client_send(client, "POST", path, headers, json, strlen(json));
}

/* base64 as the header wants it. */
static void to_base64url(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '+')
            *text = '-';
        else if (*text == '/')
            *text = '_';
        else if (*text == '=')
            *text = '\0';
    }
}

struct answer client_add(struct client *client, const char *deployment, const char *entry_json,
                         const void *jpeg, size_t jpeg_bytes)
{
    return client_add_once(client, deployment, NULL, entry_json, jpeg, jpeg_bytes);
}

struct answer client_add_once(struct client *client, const char *deployment, const char *key,
                              const char *entry_json, const void *jpeg, size_t jpeg_bytes)
{
    char path[256];
    char key_header[128];
    char header[4096];
    char *encoded = ov_base64_encode(entry_json, strlen(entry_json));
    assert_non_null(encoded);
    to_base64url(encoded);
    (void)snprintf(header, sizeof(header), "Overt-Entry: %s", encoded);
    free(encoded);
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist", deployment);
    (void)snprintf(key_header, sizeof(key_header), "Idempotency-Key: %s", key != NULL ? key : "");
    const char *const headers[] = {"Content-Type: image/jpeg", header,
                                   key != NULL ? key_header : NULL, NULL};
    return client_send(client, "POST", path, headers, jpeg, jpeg_bytes);
}

static const json_t *find(const struct answer *answer, const char *path)
{
    const json_t *at = answer->json;
    while (at != NULL && *path != '\0') {
        char key[64];
        size_t length = strcspn(path, ".");
        (void)snprintf(key, sizeof(key), "%.*s", (int)length, path);
        at = json_is_array(at) ? json_array_get(at, (size_t)strtoul(key, NULL, 10))
                               : json_object_get(at, key);
        path += length + (path[length] == '.' ? 1 : 0);
    }
    return at;
}

const char *answer_text(const struct answer *answer, const char *path)
{
    const char *text = json_string_value(find(answer, path));
    return text != NULL ? text : "";
}

json_int_t answer_int(const struct answer *answer, const char *path)
{
    const json_t *value = find(answer, path);
    if (!json_is_integer(value))
        fail_msg("%s is no whole number", path);
    return json_integer_value(value);
}

struct answer expect_kept(struct answer answer, long status, const char *code)
{
    const char *got = answer_text(&answer, "error.code");
    if (answer.status != status || strcmp(got, code != NULL ? code : "") != 0)
        fail_msg("status %ld (curl %d), code '%s': %s; expected %ld '%s'", answer.status,
                 answer.curl_code, got, answer_text(&answer, "error.text"), status,
                 code != NULL ? code : "");
    return answer;
}

void expect(struct answer answer, long status, const char *code)
{
    answer = expect_kept(answer, status, code);
    answer_done(&answer);
}

/* --- approving a list --- */

static void compare(struct client *client, const char *deployment)
{
    char path[256];
    json_int_t remaining = 1;
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist/compare", deployment);
    while (remaining > 0) {
        struct answer answer = expect_kept(client_post(client, path, "{}"), 200, NULL);
        remaining = answer_int(&answer, "remaining");
        answer_done(&answer);
    }
}

void client_open(struct client *client, const char *deployment, const char *entry)
{
    char path[256];
    compare(client, deployment);
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist/%s/open", deployment, entry);
    expect(client_post(client, path, "{}"), 200, NULL);
}

json_int_t client_approve_all(struct client *client, const char *deployment)
{
    char path[256];
    char round[64];
    const json_t *entry = NULL;
    size_t i = 0;
    compare(client, deployment);
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist/rounds", deployment);
    struct answer drawn = client_post(client, path, "{}");
    if (drawn.status == 409) {
        expect(drawn, 409, "watchlist.nothing_proposed");
        return 0;
    }
    drawn = expect_kept(drawn, 201, NULL);
    (void)snprintf(round, sizeof(round), "%s", answer_text(&drawn, "id"));
    answer_done(&drawn);
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist/rounds/%s", deployment, round);
    struct answer open = expect_kept(client_get(client, path), 200, NULL);
    json_array_foreach(json_object_get(open.json, "to_open"), i, entry)
    {
        (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist/%s/open", deployment,
                       json_string_value(entry));
        expect(client_post(client, path, "{}"), 200, NULL);
    }
    answer_done(&open);
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist/rounds/%s/approve", deployment,
                   round);
    struct answer approved = expect_kept(client_post(client, path, "{}"), 200, NULL);
    json_int_t count = answer_int(&approved, "approved");
    answer_done(&approved);
    return count;
}

void client_review(struct client *client, const char *deployment)
{
    char path[256];
    char json[96];
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist/review", deployment);
    struct answer seen = expect_kept(client_get(client, path), 200, NULL);
    (void)snprintf(json, sizeof(json), "{\"list_version\":%lld}",
                   (long long)answer_int(&seen, "list_version"));
    answer_done(&seen);
    expect(client_post(client, path, json), 200, NULL);
}

json_t *client_signature(struct client *client, const struct answer *to_sign)
{
    struct ov_error err = OV_ERROR_INIT;
    json_t *signature = NULL;
    const char *statement = answer_text(to_sign, "statement");
    if (*statement == '\0')
        return NULL;
    if (sign_check_documents(to_sign->json, &err) != OV_OK ||
        sign_statement(&client->identity, statement, &signature, &err) != OV_OK)
        fail_msg("%s: %s", err.code, err.text);
    return signature;
}

struct answer client_signed(struct client *client, const char *deployment, const char *verb,
                            const char *members)
{
    char path[512];
    char json[2048];
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/statement", deployment);
    (void)snprintf(json, sizeof(json), "{\"act\":\"deployment.%s\"%s%s}", verb,
                   *members != '\0' ? "," : "", members);
    struct answer answer = client_post(client, path, json);
    json_t *signature = client_signature(client, &answer);
    if (signature == NULL)
        return answer;
    answer_done(&answer);
    char *text = json_dumps(signature, JSON_COMPACT);
    json_decref(signature);
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/%s", deployment, verb);
    (void)snprintf(json, sizeof(json), "{\"signature\":%s%s%s}", text, *members != '\0' ? "," : "",
                   members);
    ov_wiping_free(text); /* the API has given jansson its allocator */
    return client_post(client, path, json);
}

void client_apply(struct client *client, const char *deployment)
{
    expect(client_signed(client, deployment, "apply", ""), 200, NULL);
}

void client_authorise(struct client *client, const char *deployment)
{
    expect(client_signed(client, deployment, "authorise", CLIENT_REASONS), 200, NULL);
}

json_t *client_walk(struct client *client, const char *path, const char *key)
{
    json_t *ids = json_array();
    char at[256];
    bool more = true;
    (void)snprintf(at, sizeof(at), "%s%climit=2", path, strchr(path, '?') != NULL ? '&' : '?');
    while (more) {
        struct answer answer = expect_kept(client_get(client, at), 200, NULL);
        const json_t *items = json_object_get(answer.json, key);
        json_t *item = NULL;
        size_t i = 0;
        assert_true(json_array_size(items) <= 2);
        json_array_foreach(items, i, item)
        {
            json_t *known = NULL;
            size_t j = 0;
            json_array_foreach(ids, j, known)
            {
                assert_false(json_equal(known, json_object_get(item, "id")));
            }
            json_array_append(ids, json_object_get(item, "id"));
        }
        more = json_is_string(json_object_get(answer.json, "next"));
        (void)snprintf(at, sizeof(at), "%s%cafter=%s&limit=2", path,
                       strchr(path, '?') != NULL ? '&' : '?', answer_text(&answer, "next"));
        answer_done(&answer);
    }
    return ids;
}
