/* Hello: who is calling. Pure functions; any thread. */
#include <string.h>

#include "common/face/face.h"
#include "common/wire/codec.h"
#include "common/wire/messages.h"

_Static_assert((int)OV_SOURCE_LIVE == (int)OVERT__V1__SOURCE_KIND__SOURCE_KIND_LIVE &&
                   (int)OV_SOURCE_FILE == (int)OVERT__V1__SOURCE_KIND__SOURCE_KIND_FILE &&
                   (int)OV_SOURCE_STILLS == (int)OVERT__V1__SOURCE_KIND__SOURCE_KIND_STILLS,
               "source kinds travel as their own numbers");

const char *ov_source_kind_name(enum ov_source_kind kind)
{
    switch (kind) {
    case OV_SOURCE_LIVE:
        return "live";
    case OV_SOURCE_FILE:
        return "file";
    case OV_SOURCE_STILLS:
        return "stills";
    }
    return "unknown";
}

static enum ov_status check_cameras(const struct ov_hello *hello, struct ov_error *err)
{
    if (hello->camera_count == 0 || hello->camera_count > OV_CAMERAS_MAX)
        return codec_refuse(err, "cameras", "has to name 1 to 16 cameras");
    for (size_t i = 0; i < hello->camera_count; i++) {
        enum ov_status status = check_camera("cameras", hello->cameras[i], err);
        if (status != OV_OK)
            return status;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(hello->cameras[i], hello->cameras[j]) == 0)
                return codec_refuse(err, "cameras", "names a camera twice");
        }
    }
    return OV_OK;
}

static enum ov_status check_hello(const struct ov_hello *hello, struct ov_error *err)
{
    if (hello->protocol == 0)
        return codec_refuse(err, "protocol", "is missing");
    if (hello->dimension == 0 || hello->dimension > OV_DESCRIPTOR_MAX_DIMENSION)
        return codec_refuse(err, "dimension", "has to be 1 to 1024");
    if ((int)hello->source_kind < OV_SOURCE_LIVE || (int)hello->source_kind > OV_SOURCE_STILLS)
        return codec_refuse(err, "source_kind", "is no kind that is known here");
    enum ov_status status = check_text("software", hello->software, sizeof(hello->software), err);
    return status != OV_OK ? status : check_cameras(hello, err);
}

enum ov_status ov_hello_encode(const struct ov_hello *hello, struct ov_secret *ret_frame)
{
    if (check_hello(hello, NULL) != OV_OK)
        return OV_ERR_INVALID;
    char *cameras[OV_CAMERAS_MAX];
    for (size_t i = 0; i < hello->camera_count; i++)
        cameras[i] = codec_text(hello->cameras[i]);
    Overt__V1__Hello message;
    overt__v1__hello__init(&message);
    message.protocol = hello->protocol;
    message.software = codec_text(hello->software);
    if (hello->names_deployment)
        message.deployment_id = codec_borrow(hello->deployment_id.bytes, OV_ID_BYTES);
    message.run_id = codec_borrow(hello->run_id.bytes, OV_ID_BYTES);
    message.model_digest = codec_borrow(hello->model_digest, OV_DIGEST_BYTES);
    message.dimension = hello->dimension;
    message.source_kind = (Overt__V1__SourceKind)hello->source_kind;
    message.n_cameras = hello->camera_count;
    message.cameras = cameras;
    return codec_pack(&message.base, OV_FRAME_HELLO, ret_frame);
}

static enum ov_status take_cameras(const Overt__V1__Hello *message, struct ov_hello *out,
                                   struct ov_error *err)
{
    if (message->n_cameras > OV_CAMERAS_MAX)
        return codec_refuse(err, "cameras", "has to name 1 to 16 cameras");
    out->camera_count = message->n_cameras;
    for (size_t i = 0; i < message->n_cameras; i++) {
        enum ov_status status =
            take_text("cameras", message->cameras[i], out->cameras[i], OV_CAMERA_NAME_SIZE, err);
        if (status != OV_OK)
            return status;
    }
    return OV_OK;
}

static enum ov_status take_hello(const Overt__V1__Hello *message, struct ov_hello *out,
                                 struct ov_error *err)
{
    enum ov_status status = OV_OK;
    out->protocol = message->protocol;
    out->dimension = message->dimension;
    out->source_kind = (enum ov_source_kind)message->source_kind;
    out->names_deployment = message->deployment_id.len > 0;
    if (out->names_deployment)
        status = take_id("deployment_id", &message->deployment_id, &out->deployment_id, err);
    if (status == OV_OK)
        status =
            take_text("software", message->software, out->software, sizeof(out->software), err);
    if (status == OV_OK)
        status = take_id("run_id", &message->run_id, &out->run_id, err);
    if (status == OV_OK)
        status = take_bytes("model_digest", &message->model_digest, out->model_digest,
                            OV_DIGEST_BYTES, err);
    return status != OV_OK ? status : take_cameras(message, out, err);
}

enum ov_status ov_hello_decode(const uint8_t *data, size_t size, struct ov_hello *ret,
                               struct ov_error *err)
{
    struct codec_arena arena;
    ProtobufCMessage *message = NULL;
    struct ov_hello hello = {0};
    enum ov_status status = codec_unpack(&overt__v1__hello__descriptor, OV_FRAME_HELLO, data, size,
                                         &arena, &message, err);
    if (status == OV_OK)
        status = take_hello((const Overt__V1__Hello *)message, &hello, err);
    if (status == OV_OK)
        status = check_hello(&hello, err);
    codec_done(&arena);
    if (status == OV_OK)
        *ret = hello;
    return status;
}
