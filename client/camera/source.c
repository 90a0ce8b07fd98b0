/* Sources: stills or media behind one interface. Runs on the camera's thread. */
#include "client/camera/source.h"

#include <stdlib.h>

#include "client/camera/ffmpeg.h"
#include "client/camera/place.h"
#include "client/camera/stills.h"

struct source {
    struct stills *stills; /* one of the two */
    struct media *media;
    int64_t count;
};

static enum ov_status open_stills(const struct source_spec *spec, struct stills **ret_stills,
                                  struct ov_error *err)
{
    if (spec->form == SOURCE_FORM_FOLDER)
        return stills_open_folder(spec->place, ret_stills, err);
    return stills_open_image(spec->place, ret_stills, err);
}

static enum ov_status inspect_stills(const struct source_spec *spec, enum ov_source_kind *ret_kind,
                                     struct ov_error *err)
{
    struct stills *stills = NULL;
    struct ov_image image = OV_IMAGE_INIT;
    enum ov_status status = open_stills(spec, &stills, err);
    if (status == OV_OK && spec->form == SOURCE_FORM_IMAGE)
        status = stills_next(stills, &image, err); /* a bad image should be said before all else */
    ov_image_free(&image);
    stills_close(stills);
    if (status == OV_OK)
        *ret_kind = OV_SOURCE_STILLS;
    return status;
}

static enum ov_status inspect_recording(const struct place *place, struct ov_error *err)
{
    struct media *media = NULL;
    const struct media_options options = {.kind = OV_SOURCE_FILE};
    enum ov_status status = media_open(place, &options, &media, err);
    media_close(media);
    return status;
}

static enum ov_status inspect_media(const struct source_spec *spec, enum ov_source_kind *ret_kind,
                                    struct ov_error *err)
{
    struct place place;
    enum ov_status status = place_parse(spec->place, &place, err);
    if (status != OV_OK)
        return status;
    switch (place.kind) {
    case PLACE_DEVICE:
    case PLACE_RTSP:
        *ret_kind = OV_SOURCE_LIVE;
        break;
    case PLACE_HTTP:
        status = media_http_kind(&place, NULL, ret_kind, err);
        break;
    case PLACE_FILE:
        status = inspect_recording(&place, err);
        *ret_kind = OV_SOURCE_FILE;
        break;
    }
    ov_wipe(&place, sizeof(place));
    return status;
}

enum ov_status source_inspect(const struct source_spec *spec, enum ov_source_kind *ret_kind,
                              struct ov_error *err)
{
    if (spec->form == SOURCE_FORM_MEDIA)
        return inspect_media(spec, ret_kind, err);
    return inspect_stills(spec, ret_kind, err);
}

static enum ov_status open_media(const struct source_spec *spec, enum ov_source_kind kind,
                                 const struct source_interrupt *interrupt, struct media **ret_media,
                                 struct ov_error *err)
{
    struct place place;
    struct media_options options = {.fps = spec->fps, .size = spec->size, .kind = kind};
    if (interrupt != NULL)
        options.interrupt = *interrupt;
    enum ov_status status = place_parse(spec->place, &place, err);
    if (status != OV_OK)
        return status;
    /* What is behind a path may have changed since it was inspected; its kind may not. */
    if (place.kind == PLACE_FILE && kind == OV_SOURCE_LIVE)
        status = ov_fail(err, OV_ERR_DENIED, "source.recording",
                         "%s was a camera and is a file now: nothing is read from it", place.shown);
    else
        status = media_open(&place, &options, ret_media, err);
    ov_wipe(&place, sizeof(place));
    return status;
}

enum ov_status source_open(const struct source_spec *spec, enum ov_source_kind kind,
                           const struct source_interrupt *interrupt, struct source **ret_source,
                           struct ov_error *err)
{
    struct source *source = calloc(1, sizeof(*source));
    if (source == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    enum ov_status status = spec->form == SOURCE_FORM_MEDIA
                                ? open_media(spec, kind, interrupt, &source->media, err)
                                : open_stills(spec, &source->stills, err);
    if (status != OV_OK) {
        free(source);
        return status;
    }
    *ret_source = source;
    return OV_OK;
}

enum ov_status source_next(struct source *source, struct ov_image *ret_image, int64_t *ret_media_us,
                           struct ov_error *err)
{
    if (source->media != NULL)
        return media_next(source->media, ret_image, ret_media_us, err);
    enum ov_status status = stills_next(source->stills, ret_image, err);
    if (status == OV_OK)
        *ret_media_us = source->count++;
    return status;
}

void source_close(struct source *source)
{
    if (source == NULL)
        return;
    stills_close(source->stills);
    media_close(source->media);
    free(source);
}
