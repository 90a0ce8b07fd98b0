/* Single-threaded helpers of the benches; any failure ends the program. */
#include "tests/bench/face/frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "tests/bench/face/places.h"

void check(enum ov_status status, const struct ov_error *err)
{
    if (status == OV_OK)
        return;
    (void)fprintf(stderr, "%s: %s\n", err->code, err->text);
    exit(1);
}

static size_t cut_faces(struct ov_face_engine *engine, const struct ov_image *photo,
                        struct sample_face *faces, size_t max)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_face_list list = {NULL, 0};
    check(ov_face_find(engine, photo, 0, &list, &err), &err);
    size_t count = list.count < max ? list.count : max;
    for (size_t i = 0; i < count; i++) {
        const struct ov_box *box = &list.faces[i].box;
        int side = (int)(1.7f * box->height);
        faces[i].box_share = box->width / (float)side;
        check(ov_image_crop(&faces[i].crop, photo,
                            (int)(box->left + 0.5f * (box->width - (float)side)),
                            (int)(box->top + 0.5f * (box->height - (float)side)), side, side),
              &err);
    }
    ov_face_list_free(&list);
    return count;
}

size_t sample_faces_load(struct ov_face_engine *engine, struct sample_face *ret_faces, size_t max)
{
    size_t count = 0;
    for (int number = 6; number >= 1; number--) {
        char path[1024];
        struct ov_error err = OV_ERROR_INIT;
        struct ov_secret file = OV_SECRET_INIT;
        struct ov_image photo = OV_IMAGE_INIT;
        if (!place_of_photo(number, path, sizeof path))
            return 0;
        check(ov_file_read_secret(path, (size_t)16 << 20, &file, &err), &err);
        check(ov_jpeg_decode(&photo, file.data, file.size, 0, &err), &err);
        count += cut_faces(engine, &photo, ret_faces + count, max - count);
        ov_image_free(&photo);
        ov_secret_free(&file);
    }
    return count;
}

void sample_faces_free(struct sample_face *faces, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ov_image_free(&faces[i].crop);
}

void frame_make(struct ov_image *ret_frame, int width, int height)
{
    struct ov_error err = OV_ERROR_INIT;
    check(ov_image_new(ret_frame, width, height), &err);
    memset(ret_frame->pixels.data, 110, ret_frame->pixels.size);
}

void frame_paste(struct ov_image *frame, const struct ov_image *face, int left, int top, int side)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_image scaled = OV_IMAGE_INIT;
    if (left < 0 || top < 0 || left + side > frame->width || top + side > frame->height)
        abort();
    check(ov_image_resize(&scaled, face, side, side), &err);
    size_t row = (size_t)side * 3;
    for (int y = 0; y < side; y++)
        memcpy(frame->pixels.data + ((size_t)(top + y) * (size_t)frame->width + (size_t)left) * 3,
               scaled.pixels.data + (size_t)y * row, row);
    ov_image_free(&scaled);
}
