/* Pure functions. */
#include "tests/integration/trace/forms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/wire/half.h"

void forms_as_received(const float *values, float *out, size_t dimension)
{
    double sum = 0.0;
    for (size_t i = 0; i < dimension; i++) {
        double value = (double)ov_half_to_float(ov_half_from_float(values[i]));
        sum += value * value;
    }
    for (size_t i = 0; i < dimension; i++)
        out[i] = (float)((double)ov_half_to_float(ov_half_from_float(values[i])) / sqrt(sum));
}

void forms_hex(const uint8_t *bytes, size_t size, int upper_case, struct ov_buf *out)
{
    for (size_t i = 0; i < size; i++)
        ov_buf_printf(out, upper_case ? "%02X" : "%02x", bytes[i]);
}

void forms_base64(const uint8_t *bytes, size_t size, size_t before, struct ov_buf *out)
{
    uint8_t *shifted = calloc(1, size + before);
    if (shifted == NULL)
        abort();
    memcpy(shifted + before, bytes, size);
    char *text = ov_base64_encode(shifted, size + before);
    if (text == NULL)
        abort();
    size_t from = before == 0 ? 0 : 4;   /* the group that has other bytes in it */
    size_t to = (size + before) / 3 * 4; /* the last group may be padded */
    ov_buf_append(out, text + from, to - from);
    free(text);
    free(shifted);
}

void forms_bytea_escape(const uint8_t *bytes, size_t size, struct ov_buf *out)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\\')
            ov_buf_puts(out, "\\\\");
        else if (bytes[i] < 0x20 || bytes[i] > 0x7e)
            ov_buf_printf(out, "\\%03o", bytes[i]);
        else
            ov_buf_append(out, &bytes[i], 1);
    }
}
