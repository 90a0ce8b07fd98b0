/*
 * The text of a model pack's manifest (model.ini), parsed and checked. Private to common/face.
 *
 * The format is a strict ini: "[section]", "key = value", whole-line comments with # or ;. No key
 * twice, none outside a section, no line without meaning. In a network's section an unknown key is
 * an error, because it might say how to prepare the input; in [pack] anything may be noted.
 */
#ifndef OVERT_COMMON_FACE_MANIFEST_H
#define OVERT_COMMON_FACE_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/face/infer.h"

#define OV_MANIFEST_MAX_BYTES 65536

enum ov_colour { OV_COLOUR_RGB, OV_COLOUR_BGR, OV_COLOUR_GREY };

/* One network: its file and how pixels become its input: value = (pixel - mean) * scale. */
struct ov_network {
    char file[128]; /* a plain name in the pack's folder */
    uint8_t sha256[32];
    int width, height; /* px */
    enum ov_colour colour;
    float mean[3], scale[3]; /* per channel, in the network's own channel order */
    char input[OV_INFER_NAME_SIZE];
    char outputs[OV_INFER_OUTPUTS_MAX][OV_INFER_NAME_SIZE];
};

struct ov_manifest {
    char name[64];
    char version[32];
    struct ov_network detector;  /* outputs: scores [1][n][2], boxes [1][n][4] */
    struct ov_network landmarks; /* output: 136 values, x and y of 68 points */
    struct ov_network embedder;  /* output: dimension values */
    float score_threshold;       /* of the detector, 0..1 */
    float nms_iou;
    float grey_weights[3]; /* of red, green, blue, for the landmarks */
    int dimension;
};

/* Never reads outside text[0..size); errors are "pack.manifest" with the line or key at fault. */
OV_CHECKED enum ov_status ov_manifest_parse(const char *text, size_t size,
                                            struct ov_manifest *ret_manifest, struct ov_error *err);

#endif
