/* QR codes as SVG. Private to notice/. */
#ifndef OVERT_SERVER_NOTICE_QR_H
#define OVERT_SERVER_NOTICE_QR_H

#include "common/base/bytes.h"
#include "common/base/status.h"

/* Appends an <svg> of the code, dark on white with its quiet zone, that says label to those who do
 * not see it. Error correction level Q: a quarter may be dirty. */
OV_CHECKED enum ov_status qr_put(struct ov_buf *out, const char *url, const char *label,
                                 struct ov_error *err);

#endif
