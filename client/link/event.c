/* Events. Any thread. */
#include "client/link/event.h"

#include <stdio.h>
#include <stdlib.h>

struct client_event *client_event_new(enum client_event_kind kind)
{
    struct client_event *event = calloc(1, sizeof(*event));
    if (event != NULL)
        event->kind = kind;
    return event;
}

void client_event_free(void *event)
{
    struct client_event *gone = event;
    if (gone == NULL)
        return;
    if (gone->kind == EVENT_ALERT)
        ov_alert_done(&gone->alert.alert);
    free(gone);
}

void trouble_from_error(struct trouble *trouble, const struct ov_error *err, int retry_ms)
{
    (void)snprintf(trouble->code, sizeof(trouble->code), "%s", err->code);
    (void)snprintf(trouble->text, sizeof(trouble->text), "%s", err->text);
    trouble->retry_ms = retry_ms;
}
