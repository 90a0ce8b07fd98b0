/* 128-bit random identifiers, written as UUIDs. */
#ifndef OVERT_COMMON_BASE_ID_H
#define OVERT_COMMON_BASE_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"

#define OV_ID_BYTES 16
#define OV_ID_TEXT_SIZE 37

struct ov_id {
    uint8_t bytes[OV_ID_BYTES];
};

/* A version 4 UUID (RFC 9562) from the system's random generator. Aborts if there is none. */
struct ov_id ov_id_new(void);
bool ov_id_equal(const struct ov_id *a, const struct ov_id *b);
bool ov_id_is_zero(const struct ov_id *id);
/* Lower-case "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"; returns out (OV_ID_TEXT_SIZE). */
const char *ov_id_format(const struct ov_id *id, char *out);
OV_CHECKED enum ov_status ov_id_parse(const char *text, struct ov_id *ret_id);

#endif
