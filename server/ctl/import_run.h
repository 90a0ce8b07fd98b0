/*
 * Working through an import list: several uploads at a time, on threads with connections of their
 * own, so that every core of the server has something to do.
 *
 * A thread takes the next row from the source, does it, and hands it back with its outcome; no more
 * rows are in memory than are on their way.
 */
#ifndef OVERT_SERVER_CTL_IMPORT_RUN_H
#define OVERT_SERVER_CTL_IMPORT_RUN_H

#include "server/ctl/ctl.h"
#include "server/ctl/import_source.h"
#include "server/ctl/import_state.h"

#define IMPORT_ADDED "added"
#define IMPORT_ADDED_BEFORE "added_before"   /* by an earlier run, says the state */
#define IMPORT_THERE_ALREADY "there_already" /* says the server */
#define IMPORT_NOT_TRIED "not_tried"

struct import_run;

/* All borrowed until import_run_finish. */
struct import_job {
    struct ctl *ctl;
    struct import_source *source;
    struct import_state *state; /* NULL: none is kept */
    const char *deployment_id;  /* text */
};
OV_CHECKED enum ov_status import_run_start(const struct import_job *job,
                                           struct import_run **ret_run, struct ov_error *err);

/* The next row that is done, for import_row_free. OV_ERR_TIMEOUT after timeout_ms without one,
 * OV_ERR_CLOSED after the last. */
OV_CHECKED enum ov_status import_run_next(struct import_run *run, int timeout_ms,
                                          struct import_row **ret_row);

/* What some upload waits for, as a code; NULL when none does. */
const char *import_run_waits_for(struct import_run *run);

/* The rest of the rows comes back as not tried. Any thread. */
void import_run_give_up(struct import_run *run, enum ctl_exit exit, const struct ov_error *reason);

/*
 * Joins the workers and frees run. What made the import give up before its end (no permission, no
 * server, no such deployment) is in err, and how the command ends; CTL_OK when nothing did.
 */
enum ctl_exit import_run_finish(struct import_run *run, struct ov_error *err);

#endif
