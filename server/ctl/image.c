/* A photograph from this computer. Any thread. */
#include "server/ctl/image.h"

#include <string.h>

#include "common/base/file.h"

#define IMAGE_MAX_BYTES ((size_t)16 * 1024 * 1024)

enum ov_status image_read(const char *path, struct ov_secret *ret_image, struct ov_error *err)
{
    static const unsigned char jpeg[] = {0xff, 0xd8, 0xff};
    struct ov_secret image = OV_SECRET_INIT;
    enum ov_status status = ov_file_read_secret(path, IMAGE_MAX_BYTES, &image, err);
    if (status != OV_OK)
        return status;
    if (image.size < sizeof(jpeg) || memcmp(image.data, jpeg, sizeof(jpeg)) != 0) {
        ov_secret_free(&image);
        return ov_fail(err, OV_ERR_INVALID, "image.not_jpeg", "the image is not a JPEG file");
    }
    *ret_image = image;
    return OV_OK;
}
