/*
 * What the keeper does, as a table: each task has a name, how often it runs, and a function of the
 * service layer. Tasks have nothing to do with one another: one that fails stops no other, is
 * logged by its name when that begins and when it ends, and is tried again when it is due again.
 */
#ifndef OVERT_SERVER_RETENTION_TASKS_H
#define OVERT_SERVER_RETENTION_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

struct service;

/* The keeper's are a table in keeper.c. */
struct keeper_task {
    const char *name; /* [a-z_], for the log */
    int every_s;
    /* Leaves nothing half done: each act in a transaction of its own. An open one is rolled back.
     */
    enum ov_status (*run)(struct service *service, struct ov_error *err);
    bool judges_ages; /* of files, by the machine's clock: not soon after that has jumped */
};

/* One for each task; its owner keeps it. */
struct task_state {
    int64_t due_us; /* monotonic; 0: at once */
    bool failing;   /* and that has been logged */
};

/* Runs what is due by now_us (monotonic), in the table's order. One state for each task, zeroed
 * before the first call. */
void keeper_tasks_run(const struct keeper_task *tasks, struct task_state *states, size_t count,
                      struct service *service, int64_t now_us);

/* The clock has jumped: what judges ages runs no earlier than wait_s from now_us (monotonic). */
void keeper_tasks_postpone(const struct keeper_task *tasks, struct task_state *states, size_t count,
                           int64_t now_us, int wait_s);

/* The outcome of something that is tried again and again: logged when it changes. */
void keeper_note_outcome(bool *failing, const char *task, enum ov_status status,
                         const struct ov_error *err);

#endif
