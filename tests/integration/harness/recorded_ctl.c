/*
 * overtctl as it is, with each of its requests recorded: linked so that http_send comes here first
 * (--wrap). The program that people get has none of this.
 */
#include "server/ctl/http.h"
#include "tests/integration/harness/recording.h"

/* The linker's names. NOLINTBEGIN(bugprone-reserved-identifier) */
enum ov_status __real_http_send(struct http *http, const struct http_request *request,
                                struct http_response *ret_response, struct ov_error *err);
enum ov_status __wrap_http_send(struct http *http, const struct http_request *request,
                                struct http_response *ret_response, struct ov_error *err);

enum ov_status __wrap_http_send(struct http *http, const struct http_request *request,
                                struct http_response *ret_response, struct ov_error *err)
{
    enum ov_status status = __real_http_send(http, request, ret_response, err);
    if (status != OV_OK)
        return status;
    const struct exchange exchange = {.method = request->method,
                                      .target = request->path,
                                      .request_type = request->content_type,
                                      .request = request->body,
                                      .request_bytes = request->body_bytes,
                                      .status = ret_response->status,
                                      .answer = ret_response->body.data,
                                      .answer_bytes = ret_response->body.length};
    recording_add(&exchange);
    return OV_OK;
}
/* NOLINTEND(bugprone-reserved-identifier) */
