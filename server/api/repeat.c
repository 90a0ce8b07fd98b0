/*
 * Requests with a key. What is compared is an HMAC of the whole request under its own key, of which
 * the database gets only a digest: a reference or name in the request cannot be guessed from the
 * row.
 */
#include "server/api/repeat.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "server/service/once.h"

#define TRIES 3

/* Each part with its length before it, so that no two requests give the same bytes. */
static bool add(EVP_MAC_CTX *mac, const void *data, size_t size)
{
    uint64_t length = size;
    uint8_t prefix[8];
    for (int i = 0; i < 8; i++)
        prefix[i] = (uint8_t)(length >> (8 * i));
    return EVP_MAC_update(mac, prefix, sizeof(prefix)) == 1 &&
           (size == 0 || EVP_MAC_update(mac, data, size) == 1);
}

static bool add_request(EVP_MAC_CTX *mac, const struct request *request)
{
    bool good = add(mac, request->route->pattern, strlen(request->route->pattern));
    for (size_t i = 0; i < request->segment_count && good; i++)
        good = add(mac, request->segments[i], strlen(request->segments[i]));
    for (size_t i = 0; i < request->query_count && good; i++)
        good = add(mac, request->query[i].name, strlen(request->query[i].name)) &&
               add(mac, request->query[i].value, strlen(request->query[i].value));
    return good && add(mac, request->entry_header.data, request->entry_header.size) &&
           add(mac, request->body.data, request->body.size);
}

static bool digest_request(const struct request *request, uint8_t out[REQUEST_DIGEST_BYTES])
{
    char sha256[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", sha256, 0),
                           OSSL_PARAM_construct_end()};
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *mac = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;
    size_t size = 0;
    bool good = mac != NULL &&
                EVP_MAC_init(mac, request->key.bytes, sizeof(request->key.bytes), params) == 1 &&
                add_request(mac, request) &&
                EVP_MAC_final(mac, out, &size, REQUEST_DIGEST_BYTES) == 1 &&
                size == REQUEST_DIGEST_BYTES;
    EVP_MAC_CTX_free(mac);
    EVP_MAC_free(hmac);
    return good;
}

static enum ov_status describe(const struct request *request, struct once *once,
                               struct ov_error *err)
{
    struct request_row *row = &once->request;
    *once = (struct once){.held = false};
    row->principal_id = request->principal_id;
    (void)snprintf(row->route, sizeof(row->route), "%s %s", request_method_name(request->method),
                   request->route->pattern);
    if (EVP_Digest(request->key.bytes, sizeof(request->key.bytes), row->key_digest, NULL,
                   EVP_sha256(), NULL) != 1 ||
        !digest_request(request, row->digest))
        return ov_fail(err, OV_ERR_CRYPTO, "api.digest", "a request's digest could not be made");
    return OV_OK;
}

/* The answer of the request with this key; ret_known is false when there was none. */
static enum ov_status answer_again(struct call *call, struct service *service,
                                   const struct once *once, bool *ret_known, struct ov_error *err)
{
    struct once_answer before;
    enum ov_status status = service_once_find(service, once, &before, err);
    *ret_known = status == OV_OK && before.status != 0;
    if (!*ret_known)
        return status;
    ov_secret_free(&call->request->reply.body);
    call->request->reply.body = before.body;
    call->request->reply.status = before.status;
    call->request->repeated = true;
    return OV_OK;
}

static enum ov_status act(struct call *call, struct service *service, struct once *once,
                          struct ov_error *err)
{
    const struct reply *reply = &call->request->reply;
    service->once = once;
    enum ov_status status = call->request->route->handle(call, err);
    if (status == OV_OK)
        status = service_once_commit(service, reply->status,
                                     (struct store_bytes){reply->body.data, reply->body.size}, err);
    else
        service_once_drop(service);
    service->once = NULL;
    return status;
}

enum ov_status repeat_run(struct call *call, struct service *service, struct ov_error *err)
{
    struct once once;
    enum ov_status status = describe(call->request, &once, err);
    for (int i = 0; status == OV_OK && i < TRIES; i++) {
        bool known = false;
        status = answer_again(call, service, &once, &known, err);
        if (status != OV_OK || known)
            return status;
        status = act(call, service, &once, err);
        if (status == OV_OK || !service_once_was_repeated(err))
            return status;
        ov_error_clear(err); /* the same request was done meanwhile: its answer is there now */
        status = OV_OK;
    }
    return ov_fail(err, OV_ERR_STATE, "request.in_progress",
                   "the same request is being done; ask again in a moment, with the same key");
}
