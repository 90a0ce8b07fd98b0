/* Statements and documents to be signed, as JSON. Any thread. */
#include "server/api/to_sign.h"

#include "server/api/reply.h"

enum ov_status to_sign_reply(struct request *request, const char *kind,
                             struct to_sign *take_to_sign, struct ov_error *err)
{
    json_t *body = json_stringn(take_to_sign->document.data, take_to_sign->document.length);
    ov_buf_free(&take_to_sign->document);
    return reply_json(request, 200,
                      json_pack("{s:s s:[{s:s s:o s:o}]}", "statement",
                                take_to_sign->statement.text, "documents", "kind", kind, "digest",
                                reply_digest(take_to_sign->digest, OV_DIGEST_BYTES), "body", body),
                      err);
}
