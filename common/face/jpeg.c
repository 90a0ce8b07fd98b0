/*
 * JPEG in and out through TurboJPEG: the only file that speaks to it.
 *
 * Any thread; a codec handle lives for one call. What comes in is untrusted: sizes are read from
 * the header and checked before memory is asked for, a file that makes the decoder warn counts as
 * damaged, and the number of progressive scans is bounded by the decoder.
 */
#include "common/face/image.h"

#include <limits.h>
#include <string.h>

#include <turbojpeg.h>

#include "common/face/exif.h"

struct header {
    int width, height; /* px, as stored */
    int orientation;   /* Exif, 1..8 */
};

static enum ov_status check_size(const struct header *header, struct ov_error *err)
{
    if (header->width < 1 || header->height < 1)
        return ov_fail(err, OV_ERR_INVALID, "image.damaged",
                       "the JPEG's header gives no picture size; save the picture again");
    if ((int64_t)header->width * header->height > OV_IMAGE_MAX_PIXELS)
        return ov_fail(err, OV_ERR_LIMIT, "image.too_large",
                       "the picture has %d x %d pixels; at most %d megapixels are read, so scale "
                       "it down",
                       header->width, header->height, OV_IMAGE_MAX_PIXELS / 1000000);
    return OV_OK;
}

static enum ov_status read_header(tjhandle codec, const void *data, size_t size,
                                  struct header *ret_header, struct ov_error *err)
{
    const unsigned char *bytes = data;
    if (data == NULL || size < 4 || size > INT_MAX || bytes[0] != 0xFF || bytes[1] != 0xD8)
        return ov_fail(err, OV_ERR_INVALID, "image.not_jpeg",
                       "this is not a JPEG picture; save or export it as JPEG");
    struct header header = {0, 0, 1};
    int subsampling = 0, colours = 0;
    if (tjDecompressHeader3(codec, bytes, size, &header.width, &header.height, &subsampling,
                            &colours) != 0)
        return ov_fail(err, OV_ERR_INVALID, "image.damaged",
                       "the JPEG cannot be read (%s); save the picture again",
                       tjGetErrorStr2(codec));
    enum ov_status status = check_size(&header, err);
    if (status != OV_OK)
        return status;
    if (colours == TJCS_CMYK || colours == TJCS_YCCK)
        return ov_fail(err, OV_ERR_INVALID, "image.colours",
                       "the JPEG is made for print (CMYK); save it as RGB or greyscale");
    header.orientation = ov_exif_orientation(data, size);
    *ret_header = header;
    return OV_OK;
}

/* The strongest of the decoder's reductions whose longer side is still max_side_px or more. */
static tjscalingfactor choose_scale(const struct header *header, int max_side_px)
{
    tjscalingfactor chosen = {1, 1};
    int longer = header->width > header->height ? header->width : header->height;
    for (int denominator = 2; max_side_px > 0 && denominator <= 8; denominator *= 2) {
        tjscalingfactor scale = {1, denominator};
        if (TJSCALED(longer, scale) >= max_side_px)
            chosen = scale;
    }
    return chosen;
}

static enum ov_status decode_stored(tjhandle codec, const void *data, size_t size,
                                    const struct header *header, int max_side_px,
                                    struct ov_image *ret_image, struct ov_error *err)
{
    tjscalingfactor scale = choose_scale(header, max_side_px);
    struct ov_image image = OV_IMAGE_INIT;
    enum ov_status status =
        ov_image_new(&image, TJSCALED(header->width, scale), TJSCALED(header->height, scale));
    if (status != OV_OK)
        return ov_fail(err, status, "memory", "out of memory for a picture of %d x %d pixels",
                       header->width, header->height);
    int failed = tjDecompress2(codec, data, size, image.pixels.data, image.width, 3 * image.width,
                               image.height, TJPF_RGB,
                               TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT);
    if (failed != 0) {
        ov_image_free(&image);
        return ov_fail(err, OV_ERR_INVALID, "image.damaged",
                       "the JPEG is damaged or cut short (%s); save the picture again",
                       tjGetErrorStr2(codec));
    }
    *ret_image = image;
    return OV_OK;
}

enum ov_status ov_jpeg_decode(struct ov_image *ret_image, const void *data, size_t size,
                              int max_side_px, struct ov_error *err)
{
    tjhandle codec = tjInitDecompress();
    if (codec == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for the JPEG decoder");
    struct header header = {0, 0, 1};
    struct ov_image stored = OV_IMAGE_INIT;
    enum ov_status status = read_header(codec, data, size, &header, err);
    if (status == OV_OK)
        status = decode_stored(codec, data, size, &header, max_side_px, &stored, err);
    (void)tjDestroy(codec);
    if (status != OV_OK)
        return status;
    if (ov_exif_apply(ret_image, &stored, header.orientation) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory turning the picture upright");
    return OV_OK;
}

enum ov_status ov_jpeg_size(const void *data, size_t size, int *ret_width, int *ret_height,
                            struct ov_error *err)
{
    tjhandle codec = tjInitDecompress();
    if (codec == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for the JPEG decoder");
    struct header header = {0, 0, 1};
    enum ov_status status = read_header(codec, data, size, &header, err);
    (void)tjDestroy(codec);
    if (status != OV_OK)
        return status;
    bool swaps = ov_exif_swaps_sides(header.orientation);
    *ret_width = swaps ? header.height : header.width;
    *ret_height = swaps ? header.width : header.height;
    return OV_OK;
}

/* Into a block large enough for any outcome, so that TurboJPEG allocates none of its own. */
static enum ov_status encode(tjhandle codec, const struct ov_image *image, int quality,
                             struct ov_secret *ret_jpeg, struct ov_error *err)
{
    int subsampling = quality < 90 ? TJSAMP_420 : TJSAMP_444;
    unsigned long bound = tjBufSize(image->width, image->height, subsampling);
    struct ov_secret work = OV_SECRET_INIT;
    if (bound == (unsigned long)-1 || ov_secret_new(&work, bound) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for a JPEG");
    unsigned char *out = work.data;
    unsigned long used = bound;
    enum ov_status status = OV_OK;
    if (tjCompress2(codec, image->pixels.data, image->width, 3 * image->width, image->height,
                    TJPF_RGB, &out, &used, subsampling, quality,
                    TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT) != 0)
        status = ov_fail(err, OV_ERR_INTERNAL, "image.encode", "the picture cannot be encoded: %s",
                         tjGetErrorStr2(codec));
    else if (ov_secret_copy(ret_jpeg, work.data, used) != OV_OK)
        status = ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for a JPEG");
    ov_secret_free(&work);
    return status;
}

enum ov_status ov_jpeg_encode(struct ov_secret *ret_jpeg, const struct ov_image *image, int quality,
                              struct ov_error *err)
{
    if (quality < 1 || quality > 100 || image->pixels.data == NULL)
        return ov_fail(err, OV_ERR_INVALID, "image.encode",
                       "a JPEG needs a picture and a quality from 1 to 100");
    tjhandle codec = tjInitCompress();
    if (codec == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for the JPEG encoder");
    enum ov_status status = encode(codec, image, quality, ret_jpeg, err);
    (void)tjDestroy(codec);
    return status;
}
