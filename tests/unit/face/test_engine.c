/*
 * The whole engine on the default pack and the sample photos that set-up fetches: what it finds,
 * what it calls the same person, and what it leaves behind in memory.
 */
#include "tests/unit/face/face_test.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"

static struct ov_face_engine *engine;
static size_t threads_before, files_before; /* before the first engine was made */

static void find(const struct ov_image *image, int min_face_px, struct ov_face_list *ret_list)
{
    struct ov_error err = OV_ERROR_INIT;
    assert_ok(ov_face_find(engine, image, min_face_px, ret_list, &err), &err);
}

static void embed(const struct ov_image *image, const struct ov_face *face,
                  struct ov_secret *ret_descriptor)
{
    struct ov_error err = OV_ERROR_INIT;
    assert_ok(ov_face_embed(engine, image, face, ret_descriptor, &err), &err);
}

static float cosine(const struct ov_secret *a, const struct ov_secret *b)
{
    return ov_descriptor_cosine((const float *)(const void *)a->data,
                                (const float *)(const void *)b->data,
                                ov_face_engine_dimension(engine));
}

/* The face whose box holds the point, or NULL. */
static const struct ov_face *face_at(const struct ov_face_list *list, float x, float y)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct ov_box *box = &list->faces[i].box;
        if (x >= box->left && x <= box->left + box->width && y >= box->top &&
            y <= box->top + box->height)
            return &list->faces[i];
    }
    return NULL;
}

static void embed_at(int photo, float x, float y, struct ov_secret *ret_descriptor)
{
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_face_list list = {NULL, 0};
    load_photo(photo, &image);
    find(&image, 0, &list);
    const struct ov_face *face = face_at(&list, x, y);
    assert_non_null(face);
    embed(&image, face, ret_descriptor);
    ov_face_list_free(&list);
    ov_image_free(&image);
}

/* ---- finding ---- */

static void test_every_face_of_the_photos_is_found_and_nothing_else(void **state)
{
    static const size_t people[6] = {3, 3, 3, 4, 5, 4};
    for (int photo = 1; photo <= 6; photo++) {
        struct ov_image image = OV_IMAGE_INIT;
        struct ov_face_list list = {NULL, 0};
        load_photo(photo, &image);
        for (int min_face_px = 0; min_face_px <= 80; min_face_px += 40) {
            find(&image, min_face_px, &list);
            assert_int_equal(list.count, people[photo - 1]);
            for (size_t i = 1; i < list.count; i++)
                assert_true(list.faces[i].box.width * list.faces[i].box.height <=
                            list.faces[i - 1].box.width * list.faces[i - 1].box.height);
            ov_face_list_free(&list);
        }
        ov_image_free(&image);
    }
}

static void test_landmarks_lie_on_their_face(void **state)
{
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_face_list list = {NULL, 0};
    load_photo(3, &image);
    find(&image, 0, &list);
    for (size_t i = 0; i < list.count; i++) {
        const struct ov_face *face = &list.faces[i];
        assert_true(face->five[0].x < face->five[1].x); /* eyes, image left first */
        assert_true(face->five[2].y > face->five[0].y && face->five[2].y < face->five[3].y);
        assert_true(face->five[3].x < face->five[4].x);
        for (int k = 0; k < 5; k++)
            assert_non_null(face_at(&list, face->five[k].x, face->five[k].y));
        assert_true(face->quality.eye_distance_px > 60.0f && !face->cut_off);
        assert_int_equal(ov_quality_check(&face->quality, ov_quality_gate_probe()), OV_QUALITY_OK);
    }
    ov_face_list_free(&list);
    ov_image_free(&image);
}

static void test_a_picture_without_faces_has_none(void **state)
{
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_face_list list = {NULL, 0};
    make_gradient(640, 480, &image);
    find(&image, 40, &list);
    assert_int_equal(list.count, 0);
    assert_null(list.faces);
    ov_face_list_free(&list);
    ov_image_free(&image);
    make_gradient(1, 1, &image);
    find(&image, 40, &list);
    assert_int_equal(list.count, 0);
    ov_image_free(&image);
}

/* A full-HD frame with one known face, scaled so that its box is face_px wide, on a grid. */
static size_t found_on_a_grid(const struct ov_image *crop, float box_share, int face_px,
                              size_t *ret_tried)
{
    struct ov_image frame = OV_IMAGE_INIT;
    int side = (int)((float)face_px / box_share);
    size_t found = 0, tried = 0;
    assert_int_equal(ov_image_new(&frame, 1920, 1080), OV_OK);
    memset(frame.pixels.data, 110, frame.pixels.size);
    static const int at[][2] = {{0, 0},     {600, 500},  {680, 540}, {1240, 500}, {1700, 60},
                                {900, 900}, {1750, 850}, {60, 800},  {1000, 480}, {640, 100}};
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        paste(&frame, crop, at[i][0], at[i][1], side, side);
        tried++;
    }
    struct ov_face_list list = {NULL, 0};
    find(&frame, face_px, &list);
    for (size_t i = 0; i < tried; i++) {
        float x = (float)at[i][0] + 0.5f * (float)side, y = (float)at[i][1] + 0.5f * (float)side;
        found += face_at(&list, x, y) != NULL ? 1 : 0;
    }
    assert_true(list.count <= tried); /* none twice, none where there is none */
    ov_face_list_free(&list);
    ov_image_free(&frame);
    *ret_tried = tried;
    return found;
}

static void test_nine_in_ten_faces_of_40_px_are_found_anywhere_in_a_full_hd_frame(void **state)
{
    struct ov_image photo = OV_IMAGE_INIT;
    struct ov_face_list list = {NULL, 0};
    size_t total_found = 0, total = 0;
    load_photo(3, &photo);
    find(&photo, 0, &list);
    assert_int_equal(list.count, 3);
    for (size_t i = 0; i < list.count; i++) {
        const struct ov_box *box = &list.faces[i].box;
        struct ov_image crop = OV_IMAGE_INIT;
        int side = (int)(1.6f * box->height);
        size_t tried = 0;
        assert_int_equal(
            ov_image_crop(&crop, &photo, (int)(box->left + 0.5f * (box->width - (float)side)),
                          (int)(box->top + 0.5f * (box->height - (float)side)), side, side),
            OV_OK);
        size_t found = found_on_a_grid(&crop, box->width / (float)side, 40, &tried);
        total_found += found;
        total += tried;
        ov_image_free(&crop);
    }
    assert_true(100 * total_found >= 90 * total); /* one of the three turns away: see README */
    ov_face_list_free(&list);
    ov_image_free(&photo);
}

static void test_a_face_at_the_edge_counts_as_cut_off(void **state)
{
    struct ov_image photo = OV_IMAGE_INIT, cut = OV_IMAGE_INIT;
    struct ov_face_list whole = {NULL, 0}, list = {NULL, 0};
    load_photo(3, &photo);
    find(&photo, 0, &whole);
    const struct ov_box *box = &whole.faces[0].box;
    /* From a quarter into the face to the right. */
    assert_int_equal(ov_image_crop(&cut, &photo, (int)(box->left + 0.3f * box->width),
                                   (int)(box->top - 100.0f), 500, 500),
                     OV_OK);
    find(&cut, 0, &list);
    const struct ov_face *face = face_at(&list, 0.35f * box->width, 100.0f + 0.5f * box->height);
    if (face != NULL) { /* the detector may miss half a face; it must not call it whole */
        assert_true(face->cut_off);
        assert_int_equal(ov_quality_check(&face->quality, ov_quality_gate_probe()),
                         OV_QUALITY_CUT_OFF);
    }
    ov_face_list_free(&list);
    ov_face_list_free(&whole);
    ov_image_free(&cut);
    ov_image_free(&photo);
}

/* ---- recognising ---- */

static void test_the_same_woman_in_two_photos_is_recognised(void **state)
{
    struct ov_secret first = OV_SECRET_INIT, second = OV_SECRET_INIT;
    embed_at(1, 1570.0f, 320.0f, &first);
    embed_at(3, 1190.0f, 350.0f, &second);
    assert_true(cosine(&first, &second) >= 0.6f);
    ov_secret_free(&first);
    ov_secret_free(&second);
}

static void test_different_people_are_told_apart(void **state)
{
    struct ov_secret descriptors[32];
    int photos[32];
    size_t count = 0, same = 0;
    for (int photo = 1; photo <= 6; photo++) {
        struct ov_image image = OV_IMAGE_INIT;
        struct ov_face_list list = {NULL, 0};
        load_photo(photo, &image);
        find(&image, 0, &list);
        for (size_t i = 0; i < list.count; i++) {
            photos[count] = photo;
            embed(&image, &list.faces[i], &descriptors[count++]);
        }
        ov_face_list_free(&list);
        ov_image_free(&image);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            float score = cosine(&descriptors[i], &descriptors[k]);
            assert_true(photos[i] != photos[k] || score < 0.5f);
            same += score >= 0.5f ? 1 : 0;
        }
    }
    assert_int_equal(same, 1); /* the woman in photos 1 and 3 */
    for (size_t i = 0; i < count; i++)
        ov_secret_free(&descriptors[i]);
}

static void test_a_descriptor_has_length_one(void **state)
{
    struct ov_secret descriptor = OV_SECRET_INIT;
    embed_at(3, 1190.0f, 350.0f, &descriptor);
    assert_int_equal(descriptor.size, 4 * (size_t)ov_face_engine_dimension(engine));
    assert_true(fabsf(cosine(&descriptor, &descriptor) - 1.0f) < 1e-6f);
    ov_secret_free(&descriptor);
}

static void test_the_same_picture_gives_the_same_bits(void **state)
{
    struct ov_secret first = OV_SECRET_INIT, second = OV_SECRET_INIT;
    embed_at(3, 1190.0f, 350.0f, &first);
    for (int i = 0; i < 3; i++) {
        embed_at(3, 1190.0f, 350.0f, &second);
        assert_true(ov_secret_equal(&first, &second));
        ov_secret_free(&second);
    }
    ov_secret_free(&first);
}

static void test_a_second_engine_gives_the_same_bits_and_digest(void **state)
{
    struct ov_face_engine *other = engine_or_skip();
    struct ov_face_engine *first = engine;
    struct ov_secret a = OV_SECRET_INIT, b = OV_SECRET_INIT;
    uint8_t digest[OV_MODEL_DIGEST_BYTES];
    char pack[1024];
    struct ov_error err = OV_ERROR_INIT;
    embed_at(1, 1570.0f, 320.0f, &a);
    engine = other;
    embed_at(1, 1570.0f, 320.0f, &b);
    engine = first;
    assert_true(ov_secret_equal(&a, &b));
    assert_true(place_of_pack(pack, sizeof pack));
    assert_ok(ov_model_pack_digest(pack, digest, &err), &err);
    assert_memory_equal(digest, ov_face_engine_digest(engine), sizeof digest);
    assert_memory_equal(digest, ov_face_engine_digest(other), sizeof digest);
    ov_secret_free(&a);
    ov_secret_free(&b);
    ov_face_engine_free(other);
}

static void test_a_face_turned_and_scaled_is_the_same_face(void **state)
{
    struct ov_secret upright = OV_SECRET_INIT, half = OV_SECRET_INIT;
    struct ov_image image = OV_IMAGE_INIT, small = OV_IMAGE_INIT;
    struct ov_face_list list = {NULL, 0};
    embed_at(3, 1190.0f, 350.0f, &upright);
    load_photo(3, &image);
    assert_int_equal(ov_image_resize(&small, &image, image.width / 3, image.height / 3), OV_OK);
    find(&small, 0, &list);
    const struct ov_face *face = face_at(&list, 1190.0f / 3.0f, 350.0f / 3.0f);
    assert_non_null(face);
    embed(&small, face, &half);
    assert_true(cosine(&upright, &half) > 0.85f);
    ov_secret_free(&upright);
    ov_secret_free(&half);
    ov_face_list_free(&list);
    ov_image_free(&small);
    ov_image_free(&image);
}

static void test_a_photo_lying_on_its_side_is_turned_by_its_exif_block(void **state)
{
    /* Stored a quarter turn counter-clockwise, with the orientation that says so (6). */
    static const unsigned char exif[36] = "\xFF\xE1\x00\x22"
                                          "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"
                                          "\x06";
    struct ov_image upright = OV_IMAGE_INIT, lying = OV_IMAGE_INIT, back = OV_IMAGE_INIT;
    struct ov_secret plain = OV_SECRET_INIT, jpeg = OV_SECRET_INIT;
    struct ov_face_list list = {NULL, 0};
    struct ov_error err = OV_ERROR_INIT;
    load_photo(3, &upright);
    assert_int_equal(ov_image_new(&lying, upright.height, upright.width), OV_OK);
    for (int y = 0; y < lying.height; y++) {
        for (int x = 0; x < lying.width; x++)
            memcpy(lying.pixels.data + 3 * ((size_t)y * (size_t)lying.width + (size_t)x),
                   upright.pixels.data +
                       3 * ((size_t)x * (size_t)upright.width + (size_t)(upright.width - 1 - y)),
                   3);
    }
    assert_ok(ov_jpeg_encode(&plain, &lying, 95, &err), &err);
    assert_int_equal(ov_secret_new(&jpeg, plain.size + sizeof exif), OV_OK);
    memcpy(jpeg.data, plain.data, 2);
    memcpy(jpeg.data + 2, exif, sizeof exif);
    memcpy(jpeg.data + 2 + sizeof exif, plain.data + 2, plain.size - 2);
    /* Stored counter-clockwise means orientation 6 turns it clockwise: upright again. */
    assert_ok(ov_jpeg_decode(&back, jpeg.data, jpeg.size, 0, &err), &err);
    assert_int_equal(back.width, upright.width);
    find(&back, 0, &list);
    assert_int_equal(list.count, 3);
    assert_non_null(face_at(&list, 1190.0f, 350.0f));
    ov_face_list_free(&list);
    ov_image_free(&upright);
    ov_image_free(&lying);
    ov_image_free(&back);
    ov_secret_free(&plain);
    ov_secret_free(&jpeg);
}

static void test_a_crop_for_people_can_be_recognised_again(void **state)
{
    struct ov_image image = OV_IMAGE_INIT, crop = OV_IMAGE_INIT;
    struct ov_face_list list = {NULL, 0}, again = {NULL, 0};
    struct ov_secret jpeg = OV_SECRET_INIT, first = OV_SECRET_INIT, second = OV_SECRET_INIT;
    struct ov_error err = OV_ERROR_INIT;
    load_photo(3, &image);
    find(&image, 0, &list);
    embed(&image, &list.faces[0], &first);
    assert_ok(ov_face_crop_jpeg(&image, &list.faces[0], 0.5f, 256, &jpeg, &err), &err);
    assert_true(jpeg.size < 64u * 1024);
    assert_ok(ov_jpeg_decode(&crop, jpeg.data, jpeg.size, 0, &err), &err);
    assert_int_equal(crop.height > crop.width ? crop.height : crop.width, 256);
    find(&crop, 0, &again);
    assert_int_equal(again.count, 1);
    embed(&crop, &again.faces[0], &second);
    assert_true(cosine(&first, &second) > 0.85f);
    ov_face_list_free(&list);
    ov_face_list_free(&again);
    ov_image_free(&image);
    ov_image_free(&crop);
    ov_secret_free(&jpeg);
    ov_secret_free(&first);
    ov_secret_free(&second);
}

/* ---- what is refused ---- */

static void test_bad_arguments_are_refused(void **state)
{
    struct ov_image empty = OV_IMAGE_INIT, image = OV_IMAGE_INIT;
    struct ov_face_list list = {NULL, 0};
    struct ov_face face;
    struct ov_secret out = OV_SECRET_INIT;
    memset(&face, 0, sizeof face);
    make_gradient(64, 64, &image);
    assert_int_equal(ov_face_find(engine, &empty, 0, &list, NULL), OV_ERR_INVALID);
    assert_int_equal(ov_face_find(engine, &image, -1, &list, NULL), OV_ERR_INVALID);
    assert_int_equal(ov_face_embed(engine, &image, &face, &out, NULL), OV_ERR_INVALID);
    assert_int_equal(ov_face_crop_jpeg(&image, &face, NAN, 256, &out, NULL), OV_ERR_INVALID);
    assert_int_equal(ov_face_crop_jpeg(&image, &face, 0.5f, 1, &out, NULL), OV_ERR_INVALID);
    face.box.left = 1000.0f;
    assert_int_equal(ov_face_crop_jpeg(&image, &face, 0.5f, 256, &out, NULL), OV_ERR_INVALID);
    assert_null(out.data);
    ov_image_free(&image);
}

static void expect_pack_refused(const char *what, const char *with, const char *code)
{
    static const char *const names[] = {"detector.onnx", "landmarks.onnx", "embedder.onnx"};
    char pack[1024], dir[] = "/tmp/overt-engine-XXXXXX", path[2048], target[2048];
    struct ov_error err = OV_ERROR_INIT;
    struct ov_buf text = OV_BUF_INIT;
    struct ov_face_engine *refused = NULL;
    assert_true(place_of_pack(pack, sizeof pack));
    assert_non_null(mkdtemp(dir));
    char *real = realpath(pack, NULL);
    assert_non_null(real);
    for (int i = 0; i < 3; i++) {
        (void)snprintf(target, sizeof target, "%s/%s", real, names[i]);
        (void)snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        assert_int_equal(symlink(target, path), 0);
    }
    (void)snprintf(target, sizeof target, "%s/model.ini", real);
    assert_ok(ov_file_read(target, 65536, &text, &err), &err);
    char *at = strstr(text.data, what);
    assert_non_null(at);
    (void)snprintf(path, sizeof path, "%s/model.ini", dir);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(
        fprintf(file, "%.*s%s%s", (int)(at - text.data), text.data, with, at + strlen(what)) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_not_equal(ov_face_engine_new(dir, NULL, &refused, &err), OV_OK);
    assert_string_equal(err.code, code);
    assert_int_equal(unlink(path), 0);
    for (int i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(dir), 0);
    ov_buf_free(&text);
    free(real);
}

static void test_a_manifest_that_does_not_fit_its_networks_is_refused(void **state)
{
    expect_pack_refused("width = 320", "width = 640", "infer.shape");
    expect_pack_refused("scores = scores", "scores = points", "infer.shape");
    expect_pack_refused("boxes = boxes", "boxes = scores", "infer.shape");
    expect_pack_refused("dimension = 512", "dimension = 128", "infer.shape");
    expect_pack_refused("width = 64", "width = 48", "infer.shape");
}

static void test_another_runtime_in_the_same_process_is_refused(void **state)
{
    char pack[1024];
    struct ov_error err = OV_ERROR_INIT;
    struct ov_face_engine *other = NULL;
    assert_true(place_of_pack(pack, sizeof pack));
    assert_int_equal(ov_face_engine_new(pack, "/elsewhere/libonnxruntime.so.1", &other, &err),
                     OV_ERR_STATE);
    assert_string_equal(err.code, "infer.runtime");
}

/* ---- what is left behind ---- */

static size_t entries_in(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t count = 0;
    assert_non_null(dir);
    while (readdir(dir) != NULL) // NOLINT(concurrency-mt-unsafe)
        count++;
    (void)closedir(dir);
    return count;
}

/* The published runtime reports to its maker unless it is kept from it: see infer.c. */
static void test_the_runtime_starts_no_thread_and_opens_no_file_or_socket(void **state)
{
    assert_int_equal(entries_in("/proc/self/task"), threads_before);
    assert_int_equal(entries_in("/proc/self/fd"), files_before);
    assert_string_equal(getenv("ORT_DISABLE_TELEMETRY"), "1");
}

/* How often the bytes occur in this process's readable, writable memory. */
static size_t occurrences(const void *needle, size_t size)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    FILE *memory = fopen("/proc/self/mem", "re");
    char line[512];
    size_t count = 0;
    assert_non_null(maps);
    assert_non_null(memory);
    assert_int_equal(setvbuf(memory, NULL, _IONBF, 0), 0);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long from = 0, to = 0;
        char mode[8] = "";
        if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3) // NOLINT(cert-err34-c)
            continue;
        if (mode[0] != 'r' || mode[1] != 'w' || to - from > (1ul << 30))
            continue;
        unsigned char *copy = ov_secret_alloc(to - from); /* wiped when released */
        if (copy == NULL)
            continue;
        size_t got = 0;
        if (fseek(memory, (long)from, SEEK_SET) == 0)
            got = fread(copy, 1, to - from, memory);
        for (unsigned char *at = copy;
             got > 0 && (at = memmem(at, got - (size_t)(at - copy), needle, size)) != NULL; at++)
            count++;
        ov_secret_release(copy);
    }
    (void)fclose(maps);
    (void)fclose(memory);
    return count;
}

static void test_no_copy_of_a_descriptor_stays_in_memory(void **state)
{
    struct ov_secret descriptor = OV_SECRET_INIT;
    embed_at(3, 1190.0f, 350.0f, &descriptor);
    /* Kept disguised, so that the search does not find its own needle. */
    unsigned char disguised[64], needle[64];
    for (size_t i = 0; i < sizeof disguised; i++)
        disguised[i] = descriptor.data[i] ^ 0xA5;
    size_t while_held = occurrences(descriptor.data, sizeof needle);
    ov_secret_free(&descriptor);
    for (size_t i = 0; i < sizeof needle; i++)
        needle[i] = disguised[i] ^ 0xA5;
    size_t after = occurrences(needle, sizeof needle);
    ov_wipe(needle, sizeof needle);
    assert_int_equal(while_held, 1); /* the search works, and there is one copy */
    assert_int_equal(after, 1);      /* the needle itself, on this stack */
}

static int make_engine(void **state)
{
    threads_before = entries_in("/proc/self/task");
    files_before = entries_in("/proc/self/fd");
    engine = engine_or_skip();
    return 0;
}

static int free_engine(void **state)
{
    ov_face_engine_free(engine);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_face_of_the_photos_is_found_and_nothing_else),
        cmocka_unit_test(test_landmarks_lie_on_their_face),
        cmocka_unit_test(test_a_picture_without_faces_has_none),
        cmocka_unit_test(test_nine_in_ten_faces_of_40_px_are_found_anywhere_in_a_full_hd_frame),
        cmocka_unit_test(test_a_face_at_the_edge_counts_as_cut_off),
        cmocka_unit_test(test_the_same_woman_in_two_photos_is_recognised),
        cmocka_unit_test(test_different_people_are_told_apart),
        cmocka_unit_test(test_a_descriptor_has_length_one),
        cmocka_unit_test(test_the_same_picture_gives_the_same_bits),
        cmocka_unit_test(test_a_second_engine_gives_the_same_bits_and_digest),
        cmocka_unit_test(test_a_face_turned_and_scaled_is_the_same_face),
        cmocka_unit_test(test_a_photo_lying_on_its_side_is_turned_by_its_exif_block),
        cmocka_unit_test(test_a_crop_for_people_can_be_recognised_again),
        cmocka_unit_test(test_bad_arguments_are_refused),
        cmocka_unit_test(test_a_manifest_that_does_not_fit_its_networks_is_refused),
        cmocka_unit_test(test_another_runtime_in_the_same_process_is_refused),
        cmocka_unit_test(test_the_runtime_starts_no_thread_and_opens_no_file_or_socket),
        cmocka_unit_test(test_no_copy_of_a_descriptor_stays_in_memory),
    };
    return cmocka_run_group_tests(tests, make_engine, free_engine);
}
