/* Pure functions; any thread. */
#include "common/face/planes.h"

void ov_planes_from_rgb(const struct ov_network *network, const uint8_t *rgb, size_t count,
                        float *out)
{
    for (size_t channel = 0; channel < 3; channel++) {
        size_t source = network->colour == OV_COLOUR_BGR ? 2 - channel : channel;
        float mean = network->mean[channel];
        float scale = network->scale[channel];
        float *plane = out + channel * count;
        for (size_t i = 0; i < count; i++)
            plane[i] = ((float)rgb[3 * i + source] - mean) * scale;
    }
}

void ov_planes_from_grey(const struct ov_network *network, const float weights[3],
                         const uint8_t *rgb, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++) {
        float grey = weights[0] * (float)rgb[3 * i] + weights[1] * (float)rgb[3 * i + 1] +
                     weights[2] * (float)rgb[3 * i + 2];
        out[i] = (grey - network->mean[0]) * network->scale[0];
    }
}
