/* Shared by the unit tests of common/face: CMocka's includes, places, photos, pictures to order. */
#ifndef OVERT_TESTS_UNIT_FACE_FACE_TEST_H
#define OVERT_TESTS_UNIT_FACE_FACE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/secret.h"
#include "common/base/status.h"
#include "common/face/face.h"
#include "tests/bench/face/places.h"

/* Asserts success and shows the error's text when there is none. */
#define assert_ok(call, err)                                                                       \
    do {                                                                                           \
        if ((call) != OV_OK)                                                                       \
            fail_msg("%s: %s", (err)->code, (err)->text);                                          \
    } while (0)

/* Decodes .deps/photos/sampleN.jpg; fails the test when it cannot. */
void load_photo(int number, struct ov_image *ret_image);

/* A smooth colour picture, different in each corner. */
void make_gradient(int width, int height, struct ov_image *ret_image);

/* The engine on the default pack, or exit 77 with a reason when set-up has not fetched it. */
struct ov_face_engine *engine_or_skip(void);

/* Pastes source, resized to width x height, into canvas at left, top. */
void paste(struct ov_image *canvas, const struct ov_image *source, int left, int top, int width,
           int height);

#endif
