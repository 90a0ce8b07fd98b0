/* A face on a terminal. Pixels and text stay in secret memory. */
#include "server/ctl/picture.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/face/image.h"

#define COLUMNS_MOST 72
#define CELL_BYTES 48 /* the longest cell: two colours and a block */
#define ROW_BYTES 8   /* colours off, line end */

enum ov_status picture_decode(const char *base64, struct ov_secret *ret_jpeg, struct ov_error *err)
{
    struct ov_secret room = OV_SECRET_INIT;
    size_t length = strlen(base64);
    size_t padding =
        length >= 2 ? (size_t)(base64[length - 1] == '=') + (size_t)(base64[length - 2] == '=') : 0;
    if (length == 0 || length % 4 != 0 || length > 1u << 20)
        return ov_fail(err, OV_ERR_PROTOCOL, "http.picture", "the server's picture is none");
    if (ov_secret_new(&room, length / 4 * 3) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    int got = EVP_DecodeBlock(room.data, (const unsigned char *)base64, (int)length);
    enum ov_status status = OV_OK;
    if (got < 0 || (size_t)got <= padding)
        status = ov_fail(err, OV_ERR_PROTOCOL, "http.picture", "the server's picture is none");
    else
        status = ov_secret_copy(ret_jpeg, room.data, (size_t)got - padding);
    ov_secret_free(&room);
    return status;
}

static const unsigned char *pixel(const struct ov_image *image, int x, int y)
{
    return image->pixels.data + ((size_t)y * (size_t)image->width + (size_t)x) * 3;
}

/* One cell: the upper pixel in the block's colour, the lower in the background's. */
static size_t put_colour(char *out, const unsigned char *upper, const unsigned char *lower)
{
    int length = snprintf(out, CELL_BYTES, "\033[38;2;%d;%d;%d;48;2;%d;%d;%dm\xe2\x96\x80",
                          upper[0], upper[1], upper[2], lower[0], lower[1], lower[2]);
    return length > 0 && length < CELL_BYTES ? (size_t)length : 0;
}

static size_t put_grey(char *out, const unsigned char *upper, const unsigned char *lower)
{
    static const char shades[] = " .:-=+*#%@";
    int sum = 0;
    for (int i = 0; i < 3; i++)
        sum += upper[i] + lower[i];
    *out = shades[(size_t)sum * (sizeof(shades) - 2) / (size_t)(6 * 255)];
    return 1;
}

static size_t put_rows(const struct ov_image *image, bool colour, char *out)
{
    size_t length = 0;
    for (int y = 0; y + 1 < image->height; y += 2) {
        for (int x = 0; x < image->width; x++)
            length += colour ? put_colour(out + length, pixel(image, x, y), pixel(image, x, y + 1))
                             : put_grey(out + length, pixel(image, x, y), pixel(image, x, y + 1));
        for (const char *end = colour ? "\033[0m\n" : "\n"; *end != '\0'; end++)
            out[length++] = *end;
    }
    return length;
}

enum ov_status picture_render(const struct ov_secret *jpeg, size_t columns, bool colour,
                              struct ov_secret *ret_text, size_t *ret_length, struct ov_error *err)
{
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_image small = OV_IMAGE_INIT;
    struct ov_secret text = OV_SECRET_INIT;
    enum ov_status status = ov_jpeg_decode(&image, jpeg->data, jpeg->size, 0, err);
    if (status != OV_OK)
        return status;
    int width = columns == 0 || columns > COLUMNS_MOST ? COLUMNS_MOST : (int)columns;
    if (width > image.width)
        width = image.width;
    int height = image.height * width / image.width / 2 * 2;
    if (height < 2)
        height = 2;
    if (ov_image_resize(&small, &image, width, height) != OV_OK ||
        ov_secret_new(&text, ((size_t)width * CELL_BYTES + ROW_BYTES) * (size_t)height) != OV_OK) {
        status = ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    } else {
        *ret_length = put_rows(&small, colour, (char *)text.data);
        *ret_text = text;
    }
    ov_image_free(&small);
    ov_image_free(&image);
    return status;
}
