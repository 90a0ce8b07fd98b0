/* Identifiers. Any thread. */
#include "common/base/id.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"

struct ov_id ov_id_new(void)
{
    struct ov_id id;
    ov_random(id.bytes, sizeof(id.bytes));
    id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0f) | 0x40);
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

bool ov_id_equal(const struct ov_id *a, const struct ov_id *b)
{
    return memcmp(a->bytes, b->bytes, OV_ID_BYTES) == 0;
}

bool ov_id_is_zero(const struct ov_id *id)
{
    static const struct ov_id zero;
    return ov_id_equal(id, &zero);
}

const char *ov_id_format(const struct ov_id *id, char *out)
{
    static const char digits[] = "0123456789abcdef";
    char *at = out;
    for (int i = 0; i < OV_ID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = digits[id->bytes[i] >> 4];
        *at++ = digits[id->bytes[i] & 15];
    }
    *at = '\0';
    return out;
}

enum ov_status ov_id_parse(const char *text, struct ov_id *ret_id)
{
    char compact[OV_ID_BYTES * 2 + 1];
    size_t used = 0;
    if (strlen(text) != OV_ID_TEXT_SIZE - 1)
        return OV_ERR_INVALID;
    for (size_t i = 0; text[i] != '\0'; i++) {
        bool dash_here = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash_here != (text[i] == '-'))
            return OV_ERR_INVALID;
        if (!dash_here)
            compact[used++] = text[i];
    }
    compact[used] = '\0';
    struct ov_id id;
    if (ov_hex_decode(compact, id.bytes, sizeof(id.bytes)) != OV_OK)
        return OV_ERR_INVALID;
    *ret_id = id;
    return OV_OK;
}
