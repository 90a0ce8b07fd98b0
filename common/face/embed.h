/* An aligned face into a descriptor. Private to common/face. */
#ifndef OVERT_COMMON_FACE_EMBED_H
#define OVERT_COMMON_FACE_EMBED_H

#include "common/base/status.h"
#include "common/face/face.h"
#include "common/face/infer.h"
#include "common/face/manifest.h"

struct ov_embedder;

/* net is consumed, on failure too; manifest is borrowed for the embedder's life. */
OV_CHECKED enum ov_status ov_embedder_new(struct ov_embedder **ret_embedder,
                                          const struct ov_manifest *manifest,
                                          struct ov_infer *take_net, struct ov_error *err);
void ov_embedder_free(struct ov_embedder *embedder);

/* dimension float32 of length one, in secret memory. */
OV_CHECKED enum ov_status ov_embed(struct ov_embedder *embedder, const struct ov_image *image,
                                   const struct ov_point five[5], struct ov_secret *ret_descriptor,
                                   struct ov_error *err);

#endif
