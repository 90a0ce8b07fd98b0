/*
 * Where pictures come from: a folder of JPEGs, one JPEG, or anything FFmpeg opens.
 *
 * A source is used by the camera's thread only. What kind it is (a camera, a recording, images) is
 * found out here and reported as it is: nothing that is a file is ever called live.
 */
#ifndef OVERT_CLIENT_CAMERA_SOURCE_H
#define OVERT_CLIENT_CAMERA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/face/image.h"
#include "common/wire/messages.h"

enum source_form { SOURCE_FORM_FOLDER, SOURCE_FORM_IMAGE, SOURCE_FORM_MEDIA };

struct source_spec {
    enum source_form form;
    const char *place; /* folder, file, device or URL; borrowed */
    double fps;        /* at most this many pictures per second of media; 0: all */
    const char *size;  /* "1280x720" to ask of a camera device; NULL: its own choice */
};

struct source;

/*
 * Looks at the source without capturing: is it there, may it be opened, and of which kind is it.
 * A recording is opened and closed again; of a web address only the response's header is asked for;
 * a camera is left alone.
 */
OV_CHECKED enum ov_status source_inspect(const struct source_spec *spec,
                                         enum ov_source_kind *ret_kind, struct ov_error *err);

/* Asked now and then while a source blocks; true ends the wait. */
struct source_interrupt {
    bool (*is_wanted)(void *ctx);
    void *ctx;
};

OV_CHECKED enum ov_status source_open(const struct source_spec *spec, enum ov_source_kind kind,
                                      const struct source_interrupt *interrupt,
                                      struct source **ret_source, struct ov_error *err);
/*
 * The next picture. OV_ERR_CLOSED at the end, or when interrupted. For stills OV_ERR_INVALID and
 * OV_ERR_LIMIT mean that one image could not be read: the next call goes on with the one after it.
 */
OV_CHECKED enum ov_status source_next(struct source *source, struct ov_image *ret_image,
                                      int64_t *ret_media_us, struct ov_error *err);
/* Takes NULL. */
void source_close(struct source *source);

#endif
