/*
 * Real faces for tests, from the photographs that set-up fetches, embedded with common/face: a
 * woman who appears in two of them, once as reference and once as probe, and a stranger.
 */
#ifndef OVERT_TESTS_HARNESS_FACES_H
#define OVERT_TESTS_HARNESS_FACES_H

#include <stdint.h>

#include "common/base/secret.h"
#include "common/wire/messages.h"

/* The reference: this region of this photograph has her face alone. */
#define FACES_PHOTO "photos/sample3.jpg"
#define FACES_REGION "940,40,540,560"

/* A face as a capture client has it. */
struct test_face {
    struct ov_secret descriptor; /* PEER_DIMENSION floats */
    struct ov_secret crop;       /* JPEG, cut as overt-capture cuts it */
};

struct faces {
    uint8_t digest[OV_DIGEST_BYTES]; /* of the model pack */
    char photo[4096];                /* path of FACES_PHOTO */
    struct test_face wanted;         /* she, in another photograph */
    struct test_face stranger;       /* somebody else; would do as a reference, too */
};

/* deps: the folder with models/ and photos/. Fails the running test if it cannot. */
void faces_load(struct faces *faces, const char *deps);
void faces_free(struct faces *faces);

/* Borrowed. */
const float *face_values(const struct test_face *face);

#endif
