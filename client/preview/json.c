/* Events as JSON, one object per line. Jansson is given the wiping allocator by main. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "client/preview/preview.h"

static void set(json_t *object, const char *key, json_t *take_value)
{
    (void)json_object_set_new(object, key, take_value); /* NULL: fails, and the line has a hole */
}

static void set_id(json_t *object, const char *key, const struct ov_id *id)
{
    char text[OV_ID_TEXT_SIZE];
    set(object, key, json_string(ov_id_format(id, text)));
}

static void set_number(json_t *object, const char *key, uint64_t value)
{
    set(object, key, json_integer((json_int_t)value));
}

static void put_alert(const struct preview *preview, const struct client_event *event,
                      const struct alert_times *times, json_t *object)
{
    const struct ov_alert *alert = &event->alert.alert;
    set_id(object, "alert_id", &alert->alert_id);
    set_number(object, "feed_number", alert->feed_number);
    set_id(object, "run_id", &alert->run_id);
    set_number(object, "sequence", alert->sequence);
    set(object, "camera", json_string(alert->camera));
    set(object, "category", json_string(alert->category));
    set(object, "response", json_string(alert->response));
    if (!preview->is_terminal)
        return; /* ids, category and response only */
    if (alert->display_name.size > 0)
        set(object, "name",
            json_stringn((const char *)alert->display_name.data, alert->display_name.size));
    if (alert->has_score) {
        set(object, "score", json_real((double)alert->score));
        set(object, "threshold", json_real((double)alert->threshold));
    }
    set(object, "age_ms", json_integer(times->age_ms));
    if (times->recognition_ms >= 0)
        set(object, "recognition_ms", json_integer(times->recognition_ms));
}

static json_t *zone_points(const struct ov_zone *zone)
{
    json_t *points = json_array();
    for (size_t i = 0; i < zone->count; i++)
        (void)json_array_append_new(points,
                                    json_pack("[ii]", zone->points[i].x, zone->points[i].y));
    return points;
}

static void put_welcome(const struct preview *preview, const struct ov_welcome *welcome,
                        json_t *object)
{
    set(object, "site", json_string(welcome->site));
    set_id(object, "deployment_id", &welcome->deployment_id);
    if (preview->is_terminal)
        set(object, "deployment_name", json_string(welcome->deployment_name));
    set(object, "exercise", json_boolean(welcome->exercise));
    set(object, "threshold", json_real((double)welcome->threshold));
    set_number(object, "credit", welcome->credit);
    json_t *zones = json_object();
    for (size_t i = 0; i < welcome->zone_count; i++)
        set(zones, welcome->zones[i].camera, zone_points(&welcome->zones[i].zone));
    set(object, "zones", zones);
}

static void put_trouble(const struct trouble *trouble, json_t *object)
{
    set(object, "code", json_string(trouble->code));
    set(object, "text", json_string(trouble->text));
    if (trouble->retry_ms > 0)
        set(object, "retry_ms", json_integer(trouble->retry_ms));
}

static void put_summary(const struct preview *preview, const struct client_event *event,
                        json_t *object)
{
    const struct run_totals *totals = &event->done.totals;
    json_t *rejected = json_object();
    for (int i = 1; i < OV_REJECT_COUNT; i++)
        set_number(rejected, ov_reject_name(i), totals->rejected[i]);
    set(object, "exit", json_integer((int)event->done.exit));
    if (event->done.trouble.code[0] != '\0')
        put_trouble(&event->done.trouble, object);
    set_number(object, "frames", totals->frames);
    set_number(object, "faces_seen", totals->faces_seen);
    set_number(object, "probes", totals->probes);
    set_number(object, "acknowledged", totals->acked);
    set_number(object, "lost", totals->lost);
    set(object, "rejected", rejected);
    set_number(object, "alerts", totals->alerts);
    set_number(object, "recognition_count", preview->recognition.count);
    set(object, "recognition_median_ms",
        json_integer(recognition_median_ms(&preview->recognition)));
    set(object, "recognition_longest_ms", json_integer(preview->recognition.longest_ms));
}

/* Returns the event's name; NULL for one that is not shown. */
static const char *put_event(const struct preview *preview, const struct client_event *event,
                             const struct alert_times *times, json_t *object)
{
    switch (event->kind) {
    case EVENT_CONNECTED:
        set(object, "host", json_string(event->connected.host));
        set(object, "port", json_integer(event->connected.port));
        return "connected";
    case EVENT_WELCOME:
        put_welcome(preview, &event->welcome, object);
        return "welcome";
    case EVENT_CAPTURE:
        set(object, "on", json_boolean(event->capture.on));
        set(object, "reason", json_string(event->capture.reason));
        return "capture";
    case EVENT_PAUSE_KEY:
        set(object, "server_knows", json_boolean(event->pause_key.is_known));
        return "pause_key";
    case EVENT_ALERT:
        put_alert(preview, event, times, object);
        return "alert";
    case EVENT_DISCONNECTED:
        put_trouble(&event->trouble, object);
        return "disconnected";
    case EVENT_ERROR:
        put_trouble(&event->trouble, object);
        return "error";
    case EVENT_DONE:
        put_summary(preview, event, object);
        return "summary";
    case EVENT_STATUS:
        break;
    }
    return NULL;
}

void preview_json(const struct preview *preview, const struct client_event *event,
                  const struct alert_times *times, struct ov_buf *buf)
{
    json_t *object = json_object();
    json_t *name = json_string("");
    set(object, "event", json_incref(name)); /* first in the line */
    const char *event_name = put_event(preview, event, times, object);
    if (event_name != NULL && json_string_set(name, event_name) == 0) {
        char *line = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6));
        if (line != NULL) {
            ov_buf_puts(buf, line);
            ov_buf_puts(buf, "\n");
            ov_wipe(line, strlen(line));
        }
        json_free_t release = NULL;
        json_get_alloc_funcs(NULL, &release);
        if (release != NULL)
            release(line);
        buf->failed |= line == NULL;
    }
    json_decref(name);
    json_decref(object);
}
