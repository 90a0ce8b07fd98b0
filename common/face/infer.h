/*
 * Neural networks, run. infer.c is the one file that knows ONNX Runtime. Private to common/face.
 *
 * A network belongs to one thread at a time. Its input and output are in secret memory of its own;
 * the runtime's intermediate tensors come from infer_memory.c, which wipes them.
 */
#ifndef OVERT_COMMON_FACE_INFER_H
#define OVERT_COMMON_FACE_INFER_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define OV_INFER_OUTPUTS_MAX 2
#define OV_INFER_NAME_SIZE 64

struct ov_infer;

/* What the network must look like; anything else is refused when it is loaded. */
struct ov_infer_spec {
    const char *label; /* "detector": for error texts */
    char input[OV_INFER_NAME_SIZE];
    int channels, height, width; /* the input is [1][channels][height][width], float32 */
    char outputs[OV_INFER_OUTPUTS_MAX][OV_INFER_NAME_SIZE]; /* float32, of fixed size */
    size_t output_count;
};

/* The build's runtime for a program run from its build folder; else the installed one. */
const char *ov_infer_default_runtime(void);

/*
 * Loads a network from the bytes of an ONNX file (borrowed for the call). The first call in a
 * process loads the runtime from runtime_path; later calls must name the same one.
 * Errors: infer.runtime, infer.model, infer.shape.
 */
OV_CHECKED enum ov_status ov_infer_new(const char *runtime_path, const void *onnx, size_t onnx_size,
                                       const struct ov_infer_spec *spec, struct ov_infer **ret_net,
                                       struct ov_error *err);
void ov_infer_free(struct ov_infer *net);

/* The input buffer, channels * height * width floats, planar; fill it, then run. */
float *ov_infer_input(struct ov_infer *net);
/* Output number index and how many floats it has; valid until the next run or wipe. */
const float *ov_infer_output(const struct ov_infer *net, size_t index);
size_t ov_infer_output_length(const struct ov_infer *net, size_t index);

/* Runs in the calling thread, with denormals flushed to zero for the duration. */
OV_CHECKED enum ov_status ov_infer_run(struct ov_infer *net, struct ov_error *err);

/* Overwrites input and outputs. */
void ov_infer_wipe(struct ov_infer *net);

#endif
