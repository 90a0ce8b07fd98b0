/* Looking at a reference photograph. On a worker's thread, with its own face engine. */
#include "server/service/portrait.h"

#include "common/wire/messages.h"
#include "server/service/check.h"

/* The face's neighbourhood, for people to look at; must fit an alert. */
#define THUMBNAIL_MARGIN 0.4f
#define THUMBNAIL_SIDE_PX 256
#define THUMBNAIL_SIDE_LEAST_PX 64

/* Smaller faces are not looked for in a reference image: the quality gate would refuse them. */
#define REFERENCE_MIN_FACE_PX 24

void portrait_done(struct portrait *portrait)
{
    ov_secret_free(&portrait->thumbnail);
    ov_secret_free(&portrait->template_floats);
}

static enum ov_status check_faces(const struct ov_face_list *faces, struct ov_error *err)
{
    size_t count = check_face_count(faces);
    if (count == 0)
        return ov_fail(err, OV_ERR_INVALID, "watchlist.no_face",
                       "no face was found in the photograph; use one that shows the whole face "
                       "from the front");
    if (count > 1)
        return ov_fail(err, OV_ERR_INVALID, "watchlist.several_faces",
                       "%zu faces were found in the photograph; cut out the one that is meant",
                       count);
    return OV_OK;
}

static enum ov_status check_quality(const struct ov_face *face, bool override,
                                    struct portrait *portrait, struct ov_error *err)
{
    const struct ov_quality_gate *gate = ov_quality_gate_reference();
    const struct ov_quality *q = &face->quality;
    enum ov_quality_reason reason = face->cut_off ? OV_QUALITY_CUT_OFF : ov_quality_check(q, gate);
    portrait->quality_overridden = reason != OV_QUALITY_OK && override;
    if (reason == OV_QUALITY_OK || override)
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, "watchlist.quality",
                   "%s (%s; eyes %.0f px apart, at least %.0f; sharpness %.2f, at least %.2f; "
                   "turned %.0f, raised %.0f, tilted %.0f degrees; brightness %.2f)",
                   ov_quality_reason_text(reason), ov_quality_reason_name(reason),
                   (double)q->eye_distance_px, (double)gate->min_eye_distance_px,
                   (double)q->sharpness, (double)gate->min_sharpness, (double)q->yaw_deg,
                   (double)q->pitch_deg, (double)q->roll_deg, (double)q->brightness);
}

static enum ov_status make_thumbnail(const struct ov_image *image, const struct ov_face *face,
                                     struct ov_secret *ret_jpeg, struct ov_error *err)
{
    for (int side = THUMBNAIL_SIDE_PX; side >= THUMBNAIL_SIDE_LEAST_PX; side /= 2) {
        struct ov_secret jpeg = OV_SECRET_INIT;
        enum ov_status status = ov_face_crop_jpeg(image, face, THUMBNAIL_MARGIN, side, &jpeg, err);
        if (status != OV_OK)
            return status;
        if (jpeg.size <= OV_REFERENCE_JPEG_MAX) {
            *ret_jpeg = jpeg;
            return OV_OK;
        }
        ov_secret_free(&jpeg);
    }
    return ov_fail(err, OV_ERR_INTERNAL, "watchlist.thumbnail", "the thumbnail does not get small");
}

static enum ov_status portray_faces(struct service *service, const struct ov_image *image,
                                    const struct ov_face_list *faces, bool override_quality,
                                    struct portrait *portrait, struct ov_error *err)
{
    enum ov_status status = check_faces(faces, err);
    if (status == OV_OK)
        status = check_quality(&faces->faces[0], override_quality, portrait, err);
    if (status != OV_OK)
        return status;
    portrait->quality = faces->faces[0].quality;
    status =
        ov_face_embed(service->faces, image, &faces->faces[0], &portrait->template_floats, err);
    if (status == OV_OK)
        status = make_thumbnail(image, &faces->faces[0], &portrait->thumbnail, err);
    return status;
}

enum ov_status portrait_make(struct service *service, const void *jpeg, size_t jpeg_bytes,
                             bool override_quality, struct portrait *portrait, struct ov_error *err)
{
    struct ov_image image = OV_IMAGE_INIT;
    enum ov_status status = ov_jpeg_decode(&image, jpeg, jpeg_bytes, 0, err);
    if (status != OV_OK)
        return status;
    struct ov_face_list faces = {NULL, 0};
    status = ov_face_find(service->faces, &image, REFERENCE_MIN_FACE_PX, &faces, err);
    if (status == OV_OK)
        status = portray_faces(service, &image, &faces, override_quality, portrait, err);
    ov_face_list_free(&faces);
    ov_image_free(&image);
    return status;
}
