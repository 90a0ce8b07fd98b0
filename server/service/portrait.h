/*
 * What is made of a reference photograph before it is stored: quality, template and thumbnail.
 * Private to service/. The pixels and the template are in secret memory only.
 */
#ifndef OVERT_SERVER_SERVICE_PORTRAIT_H
#define OVERT_SERVER_SERVICE_PORTRAIT_H

#include "common/base/secret.h"
#include "common/face/face.h"
#include "server/service/service.h"

struct portrait {
    struct ov_secret thumbnail;       /* JPEG of the face, small enough for an alert */
    struct ov_secret template_floats; /* as the model gives it */
    struct ov_quality quality;
    bool quality_overridden; /* it would have been refused */
};

void portrait_done(struct portrait *portrait);

/*
 * Refuses what shows no face ("watchlist.no_face"), several ("watchlist.several_faces"), or one not
 * good enough ("watchlist.quality", saying what is wrong and what to do) unless override_quality.
 * portrait is zeroed by the caller and freed by it (portrait_done), also after a failure.
 */
OV_CHECKED enum ov_status portrait_make(struct service *service, const void *jpeg,
                                        size_t jpeg_bytes, bool override_quality,
                                        struct portrait *portrait, struct ov_error *err);

#endif
