/* Faces found, embedded and cut once per test program. */
#include "tests/integration/harness/faces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/file.h"
#include "common/face/face.h"

#define PROBE_PHOTO "photos/sample1.jpg"
#define PHOTO_MAX_BYTES (8u << 20)
/* As in client/track: what a capture client keeps of a face. */
#define CROP_MARGIN 0.5F
#define CROP_SIDE_PX 320

const float *face_values(const struct test_face *face)
{
    return (const float *)(const void *)face->descriptor.data;
}

static void load_image(const char *path, struct ov_image *ret)
{
    struct ov_buf bytes = OV_BUF_INIT;
    assert_int_equal(ov_file_read(path, PHOTO_MAX_BYTES, &bytes, NULL), OV_OK);
    assert_int_equal(ov_jpeg_decode(ret, bytes.data, bytes.length, 0, NULL), OV_OK);
    ov_buf_free(&bytes);
}

static void embed(struct ov_face_engine *engine, const struct ov_image *image,
                  const struct ov_face *face, struct test_face *ret)
{
    assert_int_equal(ov_face_embed(engine, image, face, &ret->descriptor, NULL), OV_OK);
    assert_int_equal(
        ov_face_crop_jpeg(image, face, CROP_MARGIN, CROP_SIDE_PX, &ret->crop, NULL), OV_OK);
}

static void free_face(struct test_face *face)
{
    ov_secret_free(&face->descriptor);
    ov_secret_free(&face->crop);
}

/* Her reference: the one face of the region. */
static void embed_reference(struct ov_face_engine *engine, const char *path, struct test_face *ret)
{
    struct ov_image photo = OV_IMAGE_INIT;
    struct ov_image part = OV_IMAGE_INIT;
    struct ov_face_list list;
    int left = 0, top = 0, width = 0, height = 0;
    assert_int_equal(sscanf(FACES_REGION, "%d,%d,%d,%d", &left, &top, &width, &height), 4);
    load_image(path, &photo);
    assert_int_equal(ov_image_crop(&part, &photo, left, top, width, height), OV_OK);
    assert_int_equal(ov_face_find(engine, &part, 0, &list, NULL), OV_OK);
    assert_int_equal(list.count, 1);
    embed(engine, &part, &list.faces[0], ret);
    ov_face_list_free(&list);
    ov_image_free(&part);
    ov_image_free(&photo);
}

/* Of the other photograph: whose face is nearest to the reference, and whose is farthest. */
static void choose(struct faces *faces, struct ov_face_engine *engine, const struct ov_image *photo,
                   const struct test_face *reference)
{
    struct ov_face_list list;
    size_t best = 0;
    size_t worst = 0;
    float cosines[OV_FACES_MAX];
    assert_int_equal(ov_face_find(engine, photo, 0, &list, NULL), OV_OK);
    assert_in_range(list.count, 2, OV_FACES_MAX);
    for (size_t i = 0; i < list.count; i++) {
        struct test_face face = {OV_SECRET_INIT, OV_SECRET_INIT};
        embed(engine, photo, &list.faces[i], &face);
        cosines[i] = ov_descriptor_cosine(face_values(&face), face_values(reference),
                                          ov_face_engine_dimension(engine));
        best = cosines[i] > cosines[best] ? i : best;
        worst = cosines[i] < cosines[worst] ? i : worst;
        free_face(&face);
    }
    embed(engine, photo, &list.faces[best], &faces->wanted);
    embed(engine, photo, &list.faces[worst], &faces->stranger);
    print_message("%zu faces: she %.3f, the stranger %.3f\n", list.count, (double)cosines[best],
                  (double)cosines[worst]);
    assert_true(cosines[best] > 0.6F && cosines[worst] < 0.35F);
    ov_face_list_free(&list);
}

void faces_load(struct faces *faces, const char *deps)
{
    struct ov_face_engine *engine = NULL;
    struct ov_image photo = OV_IMAGE_INIT;
    struct test_face reference = {OV_SECRET_INIT, OV_SECRET_INIT};
    char path[4200];
    memset(faces, 0, sizeof(*faces));
    (void)snprintf(faces->photo, sizeof(faces->photo), "%s/%s", deps, FACES_PHOTO);
    (void)snprintf(path, sizeof(path), "%s/models/default", deps);
    ov_face_thread_init();
    assert_int_equal(ov_face_engine_new(path, NULL, &engine, NULL), OV_OK);
    memcpy(faces->digest, ov_face_engine_digest(engine), OV_DIGEST_BYTES);
    embed_reference(engine, faces->photo, &reference);
    (void)snprintf(path, sizeof(path), "%s/%s", deps, PROBE_PHOTO);
    load_image(path, &photo);
    choose(faces, engine, &photo, &reference);
    ov_image_free(&photo);
    free_face(&reference);
    ov_face_engine_free(engine);
}

void faces_free(struct faces *faces)
{
    free_face(&faces->wanted);
    free_face(&faces->stranger);
}
