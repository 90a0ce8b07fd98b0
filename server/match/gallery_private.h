/* The gallery's body, shared by building (gallery_build.c) and searching (gallery.c) only. */
#ifndef OVERT_SERVER_MATCH_GALLERY_PRIVATE_H
#define OVERT_SERVER_MATCH_GALLERY_PRIVATE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common/base/secret.h"
#include "server/match/faiss_index.h"
#include "server/match/gallery.h"

struct gallery_label {
    struct ov_id entry_id;
    struct ov_id image_id;
    size_t entry; /* row of this entry's first template: equal for templates of one entry */
};

struct gallery {
    atomic_size_t references;
    int dimension;                /* floats */
    struct rotation *rotation;    /* counted; NULL: none */
    size_t count;                 /* templates */
    size_t entries;               /* distinct */
    struct faiss_index *index;    /* NULL when empty */
    struct ov_secret rows;        /* count x dimension: what decisions are computed from */
    struct gallery_label *labels; /* count */
};

#endif
