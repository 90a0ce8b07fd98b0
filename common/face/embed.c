/* One thread at a time; pixels and descriptors in secret memory, wiped after each face. */
#include "common/face/embed.h"

#include <math.h>
#include <stdlib.h>

#include "common/face/align.h"
#include "common/face/planes.h"

struct ov_embedder {
    const struct ov_manifest *manifest;
    struct ov_infer *net;
    struct ov_secret pixels; /* RGB, aligned */
};

enum ov_status ov_embedder_new(struct ov_embedder **ret_embedder,
                               const struct ov_manifest *manifest, struct ov_infer *take_net,
                               struct ov_error *err)
{
    struct ov_embedder *embedder = calloc(1, sizeof *embedder);
    if (embedder == NULL) {
        ov_infer_free(take_net);
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for the embedder");
    }
    embedder->manifest = manifest;
    embedder->net = take_net;
    enum ov_status status = OV_OK;
    if (ov_infer_output_length(take_net, 0) != (size_t)manifest->dimension)
        status = ov_fail(err, OV_ERR_INVALID, "infer.shape",
                         "the embedder gives %zu values, but model.ini says dimension = %d",
                         ov_infer_output_length(take_net, 0), manifest->dimension);
    else if (ov_secret_new(&embedder->pixels, 3 * OV_ALIGNED_PIXELS) != OV_OK)
        status = ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for the embedder");
    if (status != OV_OK)
        ov_embedder_free(embedder);
    else
        *ret_embedder = embedder;
    return status;
}

void ov_embedder_free(struct ov_embedder *embedder)
{
    if (embedder == NULL)
        return;
    ov_infer_free(embedder->net);
    ov_secret_free(&embedder->pixels);
    free(embedder);
}

/* Scales to length one. The sum is in double: it decides every later comparison's last digit. */
static enum ov_status normalise(const float *raw, int dimension, struct ov_secret *ret_descriptor,
                                struct ov_error *err)
{
    double square = 0.0;
    for (int i = 0; i < dimension; i++)
        square += (double)raw[i] * (double)raw[i];
    if (!isfinite(square) || square < 1e-12)
        return ov_fail(err, OV_ERR_INTERNAL, "infer.run",
                       "the embedder gave a descriptor without a length");
    struct ov_secret descriptor = OV_SECRET_INIT;
    if (ov_secret_new(&descriptor, (size_t)dimension * sizeof(float)) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for a descriptor");
    float *values = (float *)(void *)descriptor.data;
    double inverse = 1.0 / sqrt(square);
    for (int i = 0; i < dimension; i++)
        values[i] = (float)((double)raw[i] * inverse);
    *ret_descriptor = descriptor;
    return OV_OK;
}

enum ov_status ov_embed(struct ov_embedder *embedder, const struct ov_image *image,
                        const struct ov_point five[5], struct ov_secret *ret_descriptor,
                        struct ov_error *err)
{
    enum ov_status status = ov_align_face(image, five, OV_ALIGNED_SIDE_PX, embedder->pixels.data);
    if (status != OV_OK)
        return ov_fail(err, status, "face.shape", "the points found do not make a face");
    ov_planes_from_rgb(&embedder->manifest->embedder, embedder->pixels.data, OV_ALIGNED_PIXELS,
                       ov_infer_input(embedder->net));
    status = ov_infer_run(embedder->net, err);
    if (status == OV_OK)
        status = normalise(ov_infer_output(embedder->net, 0), embedder->manifest->dimension,
                           ret_descriptor, err);
    ov_wipe(embedder->pixels.data, embedder->pixels.size);
    ov_infer_wipe(embedder->net);
    return status;
}
