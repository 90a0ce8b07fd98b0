/*
 * Working through an import list: two uploads at a time, on threads with connections of their own.
 *
 * A row belongs to the thread that holds it: the caller hands it to a worker through one queue and
 * gets it back, with its outcome, through another.
 */
#ifndef OVERT_SERVER_CTL_IMPORT_RUN_H
#define OVERT_SERVER_CTL_IMPORT_RUN_H

#include "server/ctl/ctl.h"
#include "server/ctl/import_list.h"

#define IMPORT_ADDED "added"
#define IMPORT_NOT_TRIED "not_tried"

struct import_run;

/* Borrows ctl, list and deployment_id (text) until import_run_finish. */
OV_CHECKED enum ov_status import_run_start(struct ctl *ctl, struct import_list *list,
                                           const char *deployment_id, struct import_run **ret_run,
                                           struct ov_error *err);

/* The next row that is done; NULL after timeout_ms without one. */
const struct import_row *import_run_next(struct import_run *run, int timeout_ms);

/*
 * Joins the workers and frees run. What made the import give up before its end (no permission, no
 * server, no such deployment) is in err, and how the command ends; CTL_OK when nothing did.
 */
enum ctl_exit import_run_finish(struct import_run *run, struct ov_error *err);

#endif
