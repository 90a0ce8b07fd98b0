/* /v1/openapi.yaml: what this server answers to, for programs. On a worker's thread. */
#include "server/api/description.h"
#include "server/api/route.h"

enum ov_status handle_description(struct call *call, struct ov_error *err)
{
    static const char *const parameters[] = {NULL};
    struct reply *reply = &call->request->reply;
    enum ov_status status = request_check_query(call->request, parameters, err);
    if (status != OV_OK)
        return status;
    if (ov_secret_copy(&reply->body, description_text, description_size) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    reply->content_type = "application/yaml"; /* RFC 9512 */
    reply->status = 200;
    return OV_OK;
}
