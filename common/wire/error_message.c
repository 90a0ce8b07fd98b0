/* Error: the one sentence before a side closes. Pure functions; any thread. */
#include "common/wire/codec.h"
#include "common/wire/messages.h"

static enum ov_status check_error(const struct ov_error_message *error, struct ov_error *err)
{
    enum ov_status status = check_code("code", error->code, sizeof(error->code), false, err);
    return status != OV_OK ? status : check_text("text", error->text, sizeof(error->text), err);
}

enum ov_status ov_error_message_encode(const struct ov_error_message *error,
                                       struct ov_secret *ret_frame)
{
    if (check_error(error, NULL) != OV_OK)
        return OV_ERR_INVALID;
    Overt__V1__Error message;
    overt__v1__error__init(&message);
    message.code = codec_text(error->code);
    message.text = codec_text(error->text);
    return codec_pack(&message.base, OV_FRAME_ERROR, ret_frame);
}

static enum ov_status take_error(const Overt__V1__Error *message, struct ov_error_message *out,
                                 struct ov_error *err)
{
    enum ov_status status = take_text("code", message->code, out->code, sizeof(out->code), err);
    if (status == OV_OK)
        status = take_text("text", message->text, out->text, sizeof(out->text), err);
    return status;
}

enum ov_status ov_error_message_decode(const uint8_t *data, size_t size,
                                       struct ov_error_message *ret, struct ov_error *err)
{
    struct codec_arena arena;
    ProtobufCMessage *message = NULL;
    struct ov_error_message error = {0};
    enum ov_status status = codec_unpack(&overt__v1__error__descriptor, OV_FRAME_ERROR, data, size,
                                         &arena, &message, err);
    if (status == OV_OK)
        status = take_error((const Overt__V1__Error *)message, &error, err);
    if (status == OV_OK)
        status = check_error(&error, err);
    codec_done(&arena);
    if (status == OV_OK)
        *ret = error;
    return status;
}
