/*
 * Video through FFmpeg. No other file of the client speaks to its libraries.
 *
 * A media object belongs to one thread. Decoded pictures are in secret memory. Compressed packets,
 * and the first few pictures that FFmpeg looks at to learn about a stream, are in its own memory,
 * which is freed but not wiped.
 */
#ifndef OVERT_CLIENT_CAMERA_FFMPEG_H
#define OVERT_CLIENT_CAMERA_FFMPEG_H

#include <stdint.h>

#include "client/camera/place.h"
#include "client/camera/source.h"

struct media;

struct media_options {
    double fps;       /* at most this many pictures per second of media; 0: all */
    const char *size; /* for devices; may be NULL */
    enum ov_source_kind kind;
    struct source_interrupt interrupt;
};

/*
 * What a web address serves: a stream of JPEGs without an end (OV_SOURCE_LIVE) or a file
 * (OV_SOURCE_FILE). Asks for the response's header only.
 */
OV_CHECKED enum ov_status media_http_kind(const struct place *place,
                                          const struct source_interrupt *interrupt,
                                          enum ov_source_kind *ret_kind, struct ov_error *err);

/* A live place that turns out to be a recording (it knows its length) is refused. */
OV_CHECKED enum ov_status media_open(const struct place *place, const struct media_options *options,
                                     struct media **ret_media, struct ov_error *err);
/* OV_ERR_CLOSED at the end or when interrupted. ret_media_us counts from the first picture. */
OV_CHECKED enum ov_status media_next(struct media *media, struct ov_image *ret_image,
                                     int64_t *ret_media_us, struct ov_error *err);
/* Takes NULL. */
void media_close(struct media *media);

#endif
