/*
 * A small picture of a face on a terminal: two pixels to a character cell, as half blocks in true
 * colour; without colour, shades of grey as characters. Nothing is written but to the buffer.
 */
#ifndef OVERT_SERVER_CTL_PICTURE_H
#define OVERT_SERVER_CTL_PICTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/secret.h"
#include "common/base/status.h"

/* Standard base64, as the API sends pictures, into secret memory. */
OV_CHECKED enum ov_status picture_decode(const char *base64, struct ov_secret *ret_jpeg,
                                         struct ov_error *err);

/* The picture as lines of text, at most columns wide (0: as wide as is useful). */
OV_CHECKED enum ov_status picture_render(const struct ov_secret *jpeg, size_t columns, bool colour,
                                         struct ov_secret *ret_text, size_t *ret_length,
                                         struct ov_error *err);

#endif
