/* Events in words: blocks for an interactive terminal, single lines for everything else. */
#include <string.h>

#include "client/preview/preview.h"
#include "common/base/log.h"

#define RULE "------------------------------------------------------------------------\n"

static void alert_block(const struct ov_alert *alert, const struct alert_times *times,
                        struct ov_buf *buf)
{
    char id[OV_ID_TEXT_SIZE];
    char at[OV_TIME_TEXT_SIZE];
    ov_buf_puts(buf, "\a" RULE);
    ov_buf_printf(buf, "  ALERT %llu   %s\n", (unsigned long long)alert->feed_number,
                  alert->category);
    if (alert->display_name.size > 0) {
        ov_buf_puts(buf, "  name        ");
        ov_buf_append(buf, alert->display_name.data, alert->display_name.size);
        ov_buf_puts(buf, "\n");
    }
    if (strcmp(alert->category, "blue_list") == 0)
        ov_buf_puts(buf, "  response    BLUE LIST: DO NOT ENGAGE\n");
    else
        ov_buf_printf(buf, "  response    %s\n", alert->response);
    ov_buf_printf(buf, "  camera      %s, %.1f s ago (%s)\n", alert->camera,
                  (double)times->age_ms / 1000, ov_time_format(alert->captured_at_us, at));
    if (alert->has_score)
        ov_buf_printf(buf, "  score       %.3f (threshold %.3f)\n", (double)alert->score,
                      (double)alert->threshold);
    if (times->recognition_ms >= 0)
        ov_buf_printf(buf, "  recognised  in %lld ms\n", (long long)times->recognition_ms);
    ov_buf_printf(buf, "  id          %s\n", ov_id_format(&alert->alert_id, id));
    ov_buf_puts(buf, "  An alert is a prompt to look. You decide.\n" RULE);
}

/* Anything but an interactive terminal: ids, category and response only. */
static void alert_line(const struct ov_alert *alert, struct ov_buf *buf)
{
    char id[OV_ID_TEXT_SIZE];
    char run[OV_ID_TEXT_SIZE];
    char category[2 * OV_TEXT_SIZE];
    char response[2 * OV_TEXT_SIZE];
    ov_buf_printf(buf,
                  "alert id=%s feed=%llu run=%s sequence=%llu camera=%s category=%s "
                  "response=%s\n",
                  ov_id_format(&alert->alert_id, id), (unsigned long long)alert->feed_number,
                  ov_id_format(&alert->run_id, run), (unsigned long long)alert->sequence,
                  alert->camera, ov_log_quote(alert->category, category, sizeof(category)),
                  ov_log_quote(alert->response, response, sizeof(response)));
}

/* Corners in percent of the picture. */
static void zone_words(const struct ov_camera_zone *named, struct ov_buf *buf)
{
    ov_buf_printf(buf, "zone of recognition of %s:", named->camera);
    for (size_t i = 0; i < named->zone.count; i++)
        ov_buf_printf(buf, " %.1f,%.1f", (double)named->zone.points[i].x / 100,
                      (double)named->zone.points[i].y / 100);
    ov_buf_puts(buf, " (% of width, height)\n");
}

static void welcome_words(const struct preview *preview, const struct ov_welcome *welcome,
                          struct ov_buf *buf)
{
    char id[OV_ID_TEXT_SIZE];
    (void)ov_id_format(&welcome->deployment_id, id);
    const char *kind = welcome->exercise ? "exercise" : "operational";
    /* An exercise has to look like one. */
    const char *loud = welcome->exercise ? "EXERCISE" : "operational";
    if (!preview->is_terminal) {
        ov_buf_printf(buf, "welcome site=%s deployment=%s kind=%s\n", welcome->site, id, kind);
        return;
    }
    ov_buf_printf(buf, "%s: site %s, deployment \"%s\", threshold %.3f\n", loud, welcome->site,
                  welcome->deployment_name, (double)welcome->threshold);
    for (size_t i = 0; i < welcome->zone_count; i++)
        zone_words(&welcome->zones[i], buf);
    if (welcome->zone_count == 0)
        ov_buf_puts(buf, "zone of recognition: the whole picture\n");
    ov_buf_puts(buf, "p pauses: nothing more is captured, at once\n");
}

static void trouble_words(const char *what, const struct trouble *trouble, struct ov_buf *buf)
{
    ov_buf_printf(buf, "%s: %s (%s)", what, trouble->text, trouble->code);
    if (trouble->retry_ms > 0)
        ov_buf_printf(buf, "; trying again in %.1f s", trouble->retry_ms / 1000.0);
    ov_buf_puts(buf, "\n");
}

static void summary_words(const struct preview *preview, const struct client_event *event,
                          struct ov_buf *buf)
{
    const struct run_totals *totals = &event->done.totals;
    const struct trouble *why = &event->done.trouble;
    bool has_failed = why->code[0] != '\0';
    bool was_told =
        strcmp(why->code, preview->told.code) == 0 && strcmp(why->text, preview->told.text) == 0;
    if (has_failed && !was_told)
        trouble_words("ended", why, buf);
    if (has_failed && totals->frames == 0 && totals->alerts == 0)
        return; /* nothing to sum up */
    ov_buf_printf(buf, "frames %llu, faces seen %llu, probes %llu (%llu acknowledged, %llu lost)",
                  (unsigned long long)totals->frames, (unsigned long long)totals->faces_seen,
                  (unsigned long long)totals->probes, (unsigned long long)totals->acked,
                  (unsigned long long)totals->lost);
    const char *separator = "\nrejected: ";
    for (int i = 1; i < OV_REJECT_COUNT; i++) {
        if (totals->rejected[i] == 0)
            continue;
        ov_buf_printf(buf, "%s%s %llu", separator, ov_reject_name(i),
                      (unsigned long long)totals->rejected[i]);
        separator = ", ";
    }
    ov_buf_printf(buf, "\nalerts %llu", (unsigned long long)totals->alerts);
    if (preview->recognition.count > 0)
        ov_buf_printf(buf, ", recognition time median %d ms, longest %d ms",
                      recognition_median_ms(&preview->recognition),
                      preview->recognition.longest_ms);
    ov_buf_puts(buf, "\n");
}

void preview_words(const struct preview *preview, const struct client_event *event,
                   const struct alert_times *times, struct ov_buf *buf)
{
    switch (event->kind) {
    case EVENT_CONNECTED:
        ov_buf_printf(buf, "connected to %s:%d\n", event->connected.host, event->connected.port);
        break;
    case EVENT_WELCOME:
        welcome_words(preview, &event->welcome, buf);
        break;
    case EVENT_CAPTURE:
        ov_buf_printf(buf, "capturing %s (%s)\n", event->capture.on ? "on" : "OFF",
                      event->capture.reason);
        break;
    case EVENT_PAUSE_KEY:
        ov_buf_puts(buf, event->pause_key.is_known
                             ? "PAUSED: the server has paused the deployment; the deployment lead "
                               "resumes it\n"
                             : "PAUSED here: nothing is captured; the server is told as soon as "
                               "it can be reached\n");
        break;
    case EVENT_ALERT:
        if (preview->is_terminal)
            alert_block(&event->alert.alert, times, buf);
        else
            alert_line(&event->alert.alert, buf);
        break;
    case EVENT_DISCONNECTED:
        trouble_words("disconnected", &event->trouble, buf);
        break;
    case EVENT_ERROR:
        trouble_words("error", &event->trouble, buf);
        break;
    case EVENT_DONE:
        summary_words(preview, event, buf);
        break;
    case EVENT_STATUS:
        break;
    }
}
