/*
 * A bounded reader of JPEG segments and of the first TIFF directory in an Exif block.
 *
 * Every offset in the block is the file's word, so each is checked against the block's end before
 * it is followed, and only the first directory is read: no loops, no recursion. Any thread.
 */
#include "common/face/exif.h"

#include <stdint.h>
#include <string.h>

#include "common/base/bytes.h"

#define JPEG_APP1 0xE1
#define JPEG_START_OF_SCAN 0xDA
#define TIFF_HEADER_BYTES 8
#define TIFF_ENTRY_BYTES 12
#define TIFF_SHORT 3
#define TAG_ORIENTATION 0x0112

struct tiff {
    const uint8_t *data;
    size_t size;
    bool big_endian;
};

static uint32_t tiff_u16(const struct tiff *tiff, size_t at)
{
    const uint8_t *p = tiff->data + at;
    return tiff->big_endian ? ov_read_be16(p) : (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t tiff_u32(const struct tiff *tiff, size_t at)
{
    uint32_t first = tiff_u16(tiff, at);
    uint32_t second = tiff_u16(tiff, at + 2);
    return tiff->big_endian ? first << 16 | second : second << 16 | first;
}

/* The orientation in one directory entry, or 0 when the entry is something else. */
static int orientation_of_entry(const struct tiff *tiff, size_t at)
{
    if (tiff_u16(tiff, at) != TAG_ORIENTATION)
        return 0;
    if (tiff_u16(tiff, at + 2) != TIFF_SHORT || tiff_u32(tiff, at + 4) != 1)
        return 1;
    uint32_t value = tiff_u16(tiff, at + 8);
    return value >= 1 && value <= 8 ? (int)value : 1;
}

static int orientation_of_tiff(const uint8_t *data, size_t size)
{
    if (size < TIFF_HEADER_BYTES)
        return 1;
    struct tiff tiff = {data, size, data[0] == 'M'};
    bool known = memcmp(data, "MM", 2) == 0 || memcmp(data, "II", 2) == 0;
    if (!known || tiff_u16(&tiff, 2) != 42)
        return 1;
    size_t at = tiff_u32(&tiff, 4);
    if (at > size || size - at < 2)
        return 1;
    uint32_t entries = tiff_u16(&tiff, at);
    at += 2;
    for (uint32_t i = 0; i < entries && size - at >= TIFF_ENTRY_BYTES; i++) {
        int orientation = orientation_of_entry(&tiff, at);
        if (orientation != 0)
            return orientation;
        at += TIFF_ENTRY_BYTES;
    }
    return 1;
}

int ov_exif_orientation(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    size_t at = 2; /* after the start-of-image marker */
    if (size < 4 || bytes[0] != 0xFF || bytes[1] != 0xD8)
        return 1;
    while (size - at >= 4 && bytes[at] == 0xFF) {
        uint8_t marker = bytes[at + 1];
        if (marker == 0xFF) { /* fill byte */
            at++;
            continue;
        }
        size_t length = ov_read_be16(bytes + at + 2); /* counts itself, not the marker */
        if (marker == JPEG_START_OF_SCAN || length < 2 || size - at - 2 < length)
            return 1;
        if (marker == JPEG_APP1 && length >= 8 && memcmp(bytes + at + 4, "Exif\0\0", 6) == 0)
            return orientation_of_tiff(bytes + at + 10, length - 8);
        at += 2 + length;
    }
    return 1;
}

bool ov_exif_swaps_sides(int orientation)
{
    return orientation >= 5 && orientation <= 8;
}

/*
 * Where the upright image's pixel (x, y) lies in the stored one. The orientation names what the
 * stored row 0 and column 0 are visually: 2 mirrored, 3 half turn, 4 flipped, 5 transposed,
 * 6 to be turned clockwise, 7 transversed, 8 to be turned counter-clockwise.
 */
static size_t stored_index(const struct ov_image *stored, int orientation, int x, int y)
{
    int last_x = stored->width - 1;
    int last_y = stored->height - 1;
    int from_x = x, from_y = y;
    if (ov_exif_swaps_sides(orientation)) {
        from_x = y;
        from_y = x;
    }
    if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
        from_x = last_x - from_x;
    if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
        from_y = last_y - from_y;
    return ((size_t)from_y * (size_t)stored->width + (size_t)from_x) * 3;
}

static void turn(struct ov_image *upright, const struct ov_image *stored, int orientation)
{
    uint8_t *out = upright->pixels.data;
    for (int y = 0; y < upright->height; y++) {
        for (int x = 0; x < upright->width; x++) {
            memcpy(out, stored->pixels.data + stored_index(stored, orientation, x, y), 3);
            out += 3;
        }
    }
}

enum ov_status ov_exif_apply(struct ov_image *ret_upright, struct ov_image *take_stored,
                             int orientation)
{
    if (orientation < 2 || orientation > 8) {
        *ret_upright = *take_stored;
        *take_stored = (struct ov_image)OV_IMAGE_INIT;
        return OV_OK;
    }
    bool swaps = ov_exif_swaps_sides(orientation);
    struct ov_image upright = OV_IMAGE_INIT;
    enum ov_status status = ov_image_new(&upright, swaps ? take_stored->height : take_stored->width,
                                         swaps ? take_stored->width : take_stored->height);
    if (status == OV_OK) {
        turn(&upright, take_stored, orientation);
        *ret_upright = upright;
    }
    ov_image_free(take_stored);
    return status;
}
