/* QR codes: the only file that speaks to libqrencode. Any thread. */
#include "server/notice/qr.h"

#include <qrencode.h>

#include "server/notice/html.h"

#define QUIET_MODULES 4

/* Each run of dark modules of a row is one rectangle of the path. */
static void put_path(struct ov_buf *out, const QRcode *code)
{
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width; x++) {
            int run = 0;
            while (x + run < code->width && (code->data[y * code->width + x + run] & 1) != 0)
                run++;
            if (run > 0)
                ov_buf_printf(out, "M%d %dh%dv1h-%dz", x + QUIET_MODULES, y + QUIET_MODULES, run,
                              run);
            x += run;
        }
    }
}

enum ov_status qr_put(struct ov_buf *out, const char *url, const char *label, struct ov_error *err)
{
    QRcode *code = QRcode_encodeString8bit(url, 0, QR_ECLEVEL_Q);
    if (code == NULL)
        return ov_fail(err, OV_ERR_INVALID, "notice.url", "the address does not fit a QR code");
    int width = code->width + 2 * QUIET_MODULES;
    ov_buf_printf(out,
                  "<svg class=\"qr\" viewBox=\"0 0 %d %d\" role=\"img\" "
                  "shape-rendering=\"crispEdges\" aria-label=\"",
                  width, width);
    html_text(out, label);
    ov_buf_printf(out, "\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path fill=\"#000\" d=\"",
                  width, width);
    put_path(out, code);
    ov_buf_puts(out, "\"/></svg>\n");
    QRcode_free(code);
    return OV_OK;
}
