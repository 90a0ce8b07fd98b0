/* Frames for the benches, pasted together at run time from the faces of the sample photos. */
#ifndef OVERT_TESTS_BENCH_FACE_FRAMES_H
#define OVERT_TESTS_BENCH_FACE_FRAMES_H

#include <stddef.h>

#include "common/base/status.h"
#include "common/face/face.h"

#define FRAMES_FACES_MAX 32

/* A face with its surroundings: a square 1.7 times as high as the detector's box. */
struct sample_face {
    struct ov_image crop;
    float box_share; /* the box's width as a share of the crop's side */
};

/* Ends the program with the error's text. */
void check(enum ov_status status, const struct ov_error *err);

/* Cuts out up to max faces, photo 6 first; 0 when set-up has not fetched the photos. */
size_t sample_faces_load(struct ov_face_engine *engine, struct sample_face *ret_faces, size_t max);
void sample_faces_free(struct sample_face *faces, size_t count);

/* A grey frame. */
void frame_make(struct ov_image *ret_frame, int width, int height);
/* Puts a face, scaled to side px, into the frame; it must fit. */
void frame_paste(struct ov_image *frame, const struct ov_image *face, int left, int top, int side);

#endif
