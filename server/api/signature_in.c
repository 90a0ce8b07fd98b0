/* Signatures in requests. Any thread. */
#include "server/api/signature_in.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "server/api/json_in.h"

static enum ov_status refuse(struct request *request, const char *what, struct ov_error *err)
{
    (void)snprintf(request->field, sizeof(request->field), "signature");
    return ov_fail(err, OV_ERR_INVALID, "signature.malformed", "the signature's %s", what);
}

/* Standard base64 with padding, one line. */
static bool decode(const char *text, struct signature_in *in)
{
    unsigned char bytes[SIGNATURE_VALUE_MAX + 3];
    size_t length = strlen(text);
    if (length < 4 || length % 4 != 0 || length / 4 * 3 > sizeof(bytes))
        return false;
    size_t padding = (text[length - 1] == '=' ? 1u : 0u) + (text[length - 2] == '=' ? 1u : 0u);
    if (strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") !=
        length - padding)
        return false;
    int size = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)length);
    if (size < (int)padding || (size_t)size - padding > sizeof(in->value))
        return false;
    in->signature.value_bytes = (size_t)size - padding;
    memcpy(in->value, bytes, in->signature.value_bytes);
    return true;
}

enum ov_status signature_in_read(struct request *request, json_t *member, struct signature_in *in,
                                 const struct signature **ret_signature, struct ov_error *err)
{
    struct json_in_member members[] = {
        {"statement", JSON_IN_STRING, true, NULL},
        {"value", JSON_IN_STRING, true, NULL},
    };
    *ret_signature = NULL;
    if (member == NULL)
        return OV_OK;
    if (!json_is_object(member))
        return refuse(request, "form is {\"statement\":TEXT,\"value\":BASE64}", err);
    enum ov_status status = json_in_members(request, member, members, 2, err);
    if (status != OV_OK)
        return status;
    const char *statement = json_string_value(members[0].value);
    if (strlen(statement) != json_string_length(members[0].value) ||
        strlen(statement) > SIGNATURE_STATEMENT_MAX)
        return refuse(request, "statement is not one that was given to be signed", err);
    if (!decode(json_string_value(members[1].value), in))
        return refuse(request, "value has to be base64 of at most 128 bytes", err);
    in->signature.statement = statement;
    in->signature.value = in->value;
    *ret_signature = &in->signature;
    return OV_OK;
}

enum ov_status signature_in_body(struct request *request, struct signature_in *in,
                                 const struct signature **ret_signature, json_t **ret_root,
                                 struct ov_error *err)
{
    struct json_in_member member = {"signature", JSON_IN_OBJECT, false, NULL};
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, &member, 1, ret_root, err);
    return status == OV_OK ? signature_in_read(request, member.value, in, ret_signature, err)
                           : status;
}
