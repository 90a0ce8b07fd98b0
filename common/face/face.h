/*
 * Faces in images: found, measured, aligned and turned into descriptors by one model pack.
 *
 * An engine belongs to one thread at a time (its inference runs in the caller, denormals flushed);
 * make one per thread. All pixels and descriptors are in secret memory.
 */
#ifndef OVERT_COMMON_FACE_FACE_H
#define OVERT_COMMON_FACE_FACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/secret.h"
#include "common/base/status.h"
#include "common/face/image.h"
#include "common/face/quality.h"

#define OV_MODEL_DIGEST_BYTES 32
#define OV_DESCRIPTOR_MAX_DIMENSION 1024
#define OV_FACES_MAX 256

struct ov_box {
    float left, top, width, height; /* px in the image */
};

struct ov_point {
    float x, y; /* px */
};

struct ov_face {
    struct ov_box box;
    float detection_score;         /* 0..1 */
    struct ov_point landmarks[68]; /* iBUG order */
    struct ov_point five[5];       /* eyes (image left, right), nose, mouth corners (left, right) */
    bool cut_off;                  /* the box reaches outside the image */
    struct ov_quality quality;
};

struct ov_face_list {
    struct ov_face *faces; /* largest first */
    size_t count;
};

struct ov_face_engine;

/*
 * Loads the model pack in folder pack_dir (model.ini and its ONNX files, each checked against its
 * SHA-256) and prepares inference. runtime_path names the ONNX Runtime library; NULL takes the one
 * set at build time.
 */
OV_CHECKED enum ov_status ov_face_engine_new(const char *pack_dir, const char *runtime_path,
                                             struct ov_face_engine **ret_engine,
                                             struct ov_error *err);
void ov_face_engine_free(struct ov_face_engine *engine);

/* SHA-256 over manifest and files: the model's identity. Borrowed, OV_MODEL_DIGEST_BYTES. */
const uint8_t *ov_face_engine_digest(const struct ov_face_engine *engine);
/* The pack's own name and version, for people. */
const char *ov_face_engine_name(const struct ov_face_engine *engine);
/* Length of a descriptor in floats. */
int ov_face_engine_dimension(const struct ov_face_engine *engine);

/* Reads the manifest and computes the digest without loading models for inference. */
OV_CHECKED enum ov_status ov_model_pack_digest(const char *pack_dir,
                                               uint8_t ret_digest[OV_MODEL_DIGEST_BYTES],
                                               struct ov_error *err);

/*
 * Finds faces at least min_face_px wide (0: whole image at detector size only), with landmarks and
 * quality. ret_list is filled on success (possibly with none) and freed by ov_face_list_free.
 */
OV_CHECKED enum ov_status ov_face_find(struct ov_face_engine *engine, const struct ov_image *image,
                                       int min_face_px, struct ov_face_list *ret_list,
                                       struct ov_error *err);
void ov_face_list_free(struct ov_face_list *list);

/*
 * Aligns the face and embeds it: dimension float32, L2-normalised, into secret memory
 * (size = 4 * dimension bytes).
 */
OV_CHECKED enum ov_status ov_face_embed(struct ov_face_engine *engine, const struct ov_image *image,
                                        const struct ov_face *face,
                                        struct ov_secret *ret_descriptor, struct ov_error *err);

/*
 * The picture of a face that people look at: the box grown by margin (0.5 = half a box on each
 * side), at most max_side_px, as JPEG. Detection and embedding work on it again.
 */
OV_CHECKED enum ov_status ov_face_crop_jpeg(const struct ov_image *image,
                                            const struct ov_face *face, float margin,
                                            int max_side_px, struct ov_secret *ret_jpeg,
                                            struct ov_error *err);

/* Cosine of two normalised descriptors: one fixed-order float32 dot product (see match/score). */
float ov_descriptor_cosine(const float *a, const float *b, int dimension);

/*
 * Call first in every thread that runs inference: flushes denormals to zero, without which the
 * default embedder is seven times slower.
 */
void ov_face_thread_init(void);

#endif
