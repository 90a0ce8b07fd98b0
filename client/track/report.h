/*
 * What the recogniser tells the link: faces to compare, numbers to count, and the end of the
 * source. A report is owned by whoever holds it; descriptor and crop are secret memory.
 */
#ifndef OVERT_CLIENT_TRACK_REPORT_H
#define OVERT_CLIENT_TRACK_REPORT_H

#include <stdint.h>

#include "common/base/secret.h"
#include "common/base/status.h"
#include "common/face/face.h"
#include "common/face/zone.h"
#include "common/wire/messages.h"

enum report_kind { REPORT_FACE, REPORT_TALLY, REPORT_END };

struct found_face {
    uint64_t generation; /* of the permit it was captured under */
    uint64_t track;
    int64_t captured_at_us;
    struct ov_zone_face at; /* its box and the picture, in px */
    struct ov_quality quality;
    struct ov_secret descriptor; /* float32, normalised */
    struct ov_secret crop;       /* JPEG; empty if it could not be made */
};

/* Numbers since the last tally. */
struct tally {
    uint32_t frames;
    uint32_t faces_seen; /* finished tracks; for stills, detections */
    uint32_t rejected[OV_REJECT_COUNT];
};

struct report {
    enum report_kind kind;
    union {
        struct found_face face;
        struct tally tally;
        struct ov_error end; /* status OV_OK: the source has come to its end, or was stopped */
    };
};

/* NULL when memory is out. */
struct report *report_new(enum report_kind kind);
/* Takes NULL. */
void report_free(struct report *report);

#endif
