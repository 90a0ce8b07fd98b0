/* Faces found, embedded and cut once per test program. */
#include "tests/integration/harness/faces.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/file.h"
#include "common/face/face.h"

#define PROBE_PHOTO "photos/sample1.jpg"
#define STRANGER_PHOTO "photos/sample6.jpg"
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
    assert_int_equal(ov_face_crop_jpeg(image, face, CROP_MARGIN, CROP_SIDE_PX, &ret->crop, NULL),
                     OV_OK);
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

/* Whether a watchlist would take the face as a reference: tests enrol the stranger as well. */
static bool is_presentable(const struct ov_face *face)
{
    return !face->cut_off &&
           ov_quality_check(&face->quality, ov_quality_gate_reference()) == OV_QUALITY_OK;
}

/* Of her other photograph: whose face is nearest to the reference. */
static void choose_wanted(struct faces *faces, struct ov_face_engine *engine,
                          const struct ov_image *photo, const struct test_face *reference)
{
    struct ov_face_list list;
    float best = -2.0F;
    assert_int_equal(ov_face_find(engine, photo, 0, &list, NULL), OV_OK);
    assert_true(list.count >= 2);
    for (size_t i = 0; i < list.count; i++) {
        struct test_face face = {OV_SECRET_INIT, OV_SECRET_INIT};
        embed(engine, photo, &list.faces[i], &face);
        float cosine = ov_descriptor_cosine(face_values(&face), face_values(reference),
                                            ov_face_engine_dimension(engine));
        if (cosine > best) {
            free_face(&faces->wanted);
            faces->wanted = face;
            best = cosine;
        } else {
            free_face(&face);
        }
    }
    ov_face_list_free(&list);
    assert_true(best > 0.6F);
}

/* In a photograph without her: the first face that would do as a reference. */
static void choose_stranger(struct faces *faces, struct ov_face_engine *engine,
                            const struct ov_image *photo, const struct test_face *reference)
{
    struct ov_face_list list;
    size_t at = 0;
    assert_int_equal(ov_face_find(engine, photo, 0, &list, NULL), OV_OK);
    while (at < list.count && !is_presentable(&list.faces[at]))
        at++;
    assert_true(at < list.count);
    embed(engine, photo, &list.faces[at], &faces->stranger);
    assert_true(ov_descriptor_cosine(face_values(&faces->stranger), face_values(reference),
                                     ov_face_engine_dimension(engine)) < 0.35F);
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
    choose_wanted(faces, engine, &photo, &reference);
    ov_image_free(&photo);
    (void)snprintf(path, sizeof(path), "%s/%s", deps, STRANGER_PHOTO);
    load_image(path, &photo);
    choose_stranger(faces, engine, &photo, &reference);
    ov_image_free(&photo);
    free_face(&reference);
    ov_face_engine_free(engine);
}

void faces_free(struct faces *faces)
{
    free_face(&faces->wanted);
    free_face(&faces->stranger);
}
