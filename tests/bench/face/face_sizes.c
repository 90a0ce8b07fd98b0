/*
 * How small a face is found: each face of the sample photos, scaled so that its box has a given
 * width, at eight places of a grey frame.
 *
 *     face_sizes [--width PX] [--height PX] [--min-face PX] [--from PX] [--to PX] [--step PX]
 *
 * The faces are turned, tilted and half shaded as they come; that is on purpose. Exit status 77
 * without set-up. Prints figures, asserts none.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "tests/bench/face/frames.h"
#include "tests/bench/face/places.h"

#define PLACES 8

struct search {
    int width, height, min_face_px;
    unsigned seed;
};

struct place {
    int left, top;
};

static int below(struct search *search, int limit)
{
    search->seed = search->seed * 1664525u + 1013904223u;
    return (int)((search->seed >> 8) % (unsigned)limit);
}

/* Places that do not overlap; fewer than PLACES in a crowded frame. */
static int choose_places(struct search *search, int side, struct place *places)
{
    int count = 0;
    for (int attempt = 0; attempt < 200 && count < PLACES; attempt++) {
        struct place place = {below(search, search->width - side),
                              below(search, search->height - side)};
        bool is_free = true;
        for (int i = 0; i < count && is_free; i++)
            is_free =
                abs(places[i].left - place.left) >= side || abs(places[i].top - place.top) >= side;
        if (is_free)
            places[count++] = place;
    }
    return count;
}

static bool is_found(const struct ov_face_list *list, float x, float y, float tolerance)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct ov_box *box = &list->faces[i].box;
        if (fabsf(box->left + 0.5f * box->width - x) < tolerance &&
            fabsf(box->top + 0.5f * box->height - y) < tolerance)
            return true;
    }
    return false;
}

static void try_face(struct search *search, struct ov_face_engine *engine,
                     const struct sample_face *face, int face_px, int counts[3])
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_image frame = OV_IMAGE_INIT;
    struct ov_face_list list = {NULL, 0};
    struct place places[PLACES];
    int side = (int)((float)face_px / face->box_share);
    if (side >= search->width || side >= search->height)
        return;
    int count = choose_places(search, side, places);
    int found = 0;
    frame_make(&frame, search->width, search->height);
    for (int i = 0; i < count; i++)
        frame_paste(&frame, &face->crop, places[i].left, places[i].top, side);
    check(ov_face_find(engine, &frame, search->min_face_px, &list, &err), &err);
    for (int i = 0; i < count; i++)
        found += is_found(&list, (float)places[i].left + 0.5f * (float)side,
                          (float)places[i].top + 0.5f * (float)side, 0.5f * (float)face_px)
                     ? 1
                     : 0;
    counts[0] += found;
    counts[1] += count;
    counts[2] += (int)list.count - found; /* found twice, or where there is none */
    ov_face_list_free(&list);
    ov_image_free(&frame);
}

static int argument(int argc, char **argv, const char *name, int fallback)
{
    for (int i = 1; i + 1 < argc; i++) {
        int64_t value = 0;
        if (strcmp(argv[i], name) == 0 && ov_parse_i64(argv[i + 1], 0, 8000, &value) == OV_OK)
            return (int)value;
    }
    return fallback;
}

int main(int argc, char **argv)
{
    static struct sample_face faces[FRAMES_FACES_MAX];
    struct search search = {argument(argc, argv, "--width", 1920),
                            argument(argc, argv, "--height", 1080),
                            argument(argc, argv, "--min-face", 40), 9u};
    struct ov_error err = OV_ERROR_INIT;
    struct ov_face_engine *engine = NULL;
    char pack[1024];
    if (!place_of_pack(pack, sizeof pack)) {
        (void)printf("skipped: no model pack; run deploy/setup\n");
        return 77;
    }
    check(ov_face_engine_new(pack, NULL, &engine, &err), &err);
    size_t count = sample_faces_load(engine, faces, FRAMES_FACES_MAX);
    int step = argument(argc, argv, "--step", 4);
    for (int face_px = argument(argc, argv, "--from", 32);
         face_px <= argument(argc, argv, "--to", 52); face_px += step > 0 ? step : 1) {
        int counts[3] = {0, 0, 0};
        for (size_t i = 0; i < count; i++)
            try_face(&search, engine, &faces[i], face_px, counts);
        (void)printf("%dx%d, smallest face %d px: of faces of %d px, %d of %d found (%.1f %%), %d "
                     "too many\n",
                     search.width, search.height, search.min_face_px, face_px, counts[0], counts[1],
                     100.0 * counts[0] / counts[1], counts[2]);
    }
    sample_faces_free(faces, count);
    ov_face_engine_free(engine);
    return count > 0 ? 0 : 77;
}
