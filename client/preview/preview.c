/* The terminal: one write per event, from memory that is wiped. Main thread. */
#include "client/preview/preview.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CLEAR_LINE "\r\033[K"

void preview_init(struct preview *preview, int fd, bool is_terminal, bool is_json,
                  const struct ov_clock *clock)
{
    memset(preview, 0, sizeof(*preview));
    preview->fd = fd;
    preview->is_terminal = is_terminal;
    preview->is_json = is_json;
    preview->clock = clock;
}

static enum ov_status write_all(const struct preview *preview, const char *text, size_t size,
                                struct ov_error *err)
{
    while (size > 0) {
        ssize_t put = write(preview->fd, text, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return ov_fail(err, OV_ERR_IO, "preview.output", "cannot write to the output: %s",
                           strerror(errno));
        text += put;
        size -= (size_t)put;
    }
    return OV_OK;
}

static size_t terminal_columns(const struct preview *preview)
{
    struct winsize size;
    if (ioctl(preview->fd, TIOCGWINSZ, &size) != 0 || size.ws_col < 20)
        return 80;
    return size.ws_col;
}

static void update_rate(struct preview *preview, const struct link_status *status)
{
    int64_t now_us = ov_clock_mono_us(preview->clock);
    int64_t passed_us = now_us - preview->last_faces_us;
    if (preview->last_faces_us != 0 && passed_us < 2 * OV_US_PER_S)
        return;
    if (preview->last_faces_us != 0)
        preview->rate = (double)(status->faces - preview->last_faces) * 1e6 / (double)passed_us;
    preview->last_faces = status->faces;
    preview->last_faces_us = now_us;
}

static void status_line(struct preview *preview, const struct link_status *status,
                        struct ov_buf *buf)
{
    struct ov_buf line = {0};
    update_rate(preview, status);
    const char *capture = status->capturing ? "capturing" : "not capturing";
    if (status->has_welcome)
        ov_buf_puts(&line, status->exercise ? "EXERCISE | " : "operational | ");
    ov_buf_printf(&line, "%s | %s | %.1f faces/s | ", status->link,
                  status->is_held ? "PAUSED" : capture, preview->rate);
    if (status->lease_ms > 0)
        ov_buf_printf(&line, "lease %lld s | ", (long long)(status->lease_ms / 1000));
    ov_buf_printf(&line, "waiting %u of %u | alerts %llu", status->waiting, status->credit,
                  (unsigned long long)status->alerts);
    if (status->has_offset)
        ov_buf_printf(&line, " | clock %+lld ms", (long long)(status->offset_us / 1000));
    size_t columns = terminal_columns(preview) - 1;
    if (!line.failed)
        ov_buf_append(buf, line.data, line.length < columns ? line.length : columns);
    ov_buf_free(&line);
}

static struct alert_times measure(struct preview *preview, const struct client_event *event)
{
    struct alert_times times = {-1, 0};
    if (event->kind != EVENT_ALERT)
        return times;
    times.age_ms =
        (ov_clock_utc_us(preview->clock) - event->alert.alert.captured_at_us) / OV_US_PER_MS;
    if (times.age_ms < 0)
        times.age_ms = 0;
    if (event->alert.is_ours)
        times.recognition_ms = times.age_ms;
    return times;
}

static void compose(struct preview *preview, const struct client_event *event,
                    const struct alert_times *times, struct ov_buf *buf)
{
    bool has_words = preview->is_terminal && !preview->is_json;
    if (has_words && preview->has_status_line)
        ov_buf_puts(buf, CLEAR_LINE);
    preview->has_status_line = false;
    if (event->kind == EVENT_STATUS) {
        if (!has_words)
            return;
        status_line(preview, &event->status, buf);
        preview->has_status_line = true;
    } else if (preview->is_json) {
        preview_json(preview, event, times, buf);
    } else {
        preview_words(preview, event, times, buf);
    }
}

enum ov_status preview_show(struct preview *preview, const struct client_event *event,
                            struct ov_error *err)
{
    struct ov_buf buf = {0};
    const struct alert_times times = measure(preview, event);
    compose(preview, event, &times, &buf);
    if (event->kind == EVENT_ERROR || event->kind == EVENT_DISCONNECTED)
        preview->told = event->trouble;
    enum ov_status status = OV_OK;
    if (buf.failed)
        status = ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for the output");
    else if (buf.length > 0)
        status = write_all(preview, buf.data, buf.length, err);
    ov_buf_free(&buf);
    if (status == OV_OK && times.recognition_ms >= 0)
        recognition_add(&preview->recognition, times.recognition_ms);
    return status;
}
