/*
 * What people and programs see of a run, on standard output. Belongs to the main thread.
 *
 * On an interactive terminal: blocks for alerts, with names, and a status line. On anything else
 * one line per event, in words or (--json, everywhere) as a JSON object; there an alert consists of
 * ids, category and response, never of a name or a score.
 */
#ifndef OVERT_CLIENT_PREVIEW_PREVIEW_H
#define OVERT_CLIENT_PREVIEW_PREVIEW_H

#include <stdbool.h>

#include "client/link/event.h"
#include "client/preview/recognition.h"
#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/status.h"

struct preview {
    int fd; /* borrowed */
    bool is_terminal;
    bool is_json;
    const struct ov_clock *clock;
    struct recognition recognition;
    bool has_status_line;
    struct trouble told; /* the latest one shown: not repeated at the end */
    uint64_t last_faces; /* for the rate in the status line */
    int64_t last_faces_us;
    double rate; /* faces per second */
};

/* is_terminal is isatty(fd), handed in so that tests can say otherwise. */
void preview_init(struct preview *preview, int fd, bool is_terminal, bool is_json,
                  const struct ov_clock *clock);

/* Shows one event. OV_ERR_IO when the output is gone: an alert then has not been shown. */
OV_CHECKED enum ov_status preview_show(struct preview *preview, const struct client_event *event,
                                       struct ov_error *err);

/* The text of an event as it would be shown; "" for one that is not. Used by preview_show.
 * times: recognition_ms of an alert of ours, age_ms since its capture. */
struct alert_times {
    int64_t recognition_ms; /* -1: of another run, not known here */
    int64_t age_ms;
};
void preview_words(const struct preview *preview, const struct client_event *event,
                   const struct alert_times *times, struct ov_buf *buf);
void preview_json(const struct preview *preview, const struct client_event *event,
                  const struct alert_times *times, struct ov_buf *buf);

#endif
