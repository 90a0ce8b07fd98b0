/* Reports. Any thread. */
#include "client/track/report.h"

#include <stdlib.h>

struct report *report_new(enum report_kind kind)
{
    struct report *report = calloc(1, sizeof(*report));
    if (report != NULL)
        report->kind = kind;
    return report;
}

void report_free(struct report *report)
{
    if (report == NULL)
        return;
    if (report->kind == REPORT_FACE) {
        ov_secret_free(&report->face.descriptor);
        ov_secret_free(&report->face.crop);
    }
    free(report);
}
