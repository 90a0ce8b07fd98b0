/* Runs what is due, each task for itself. */
#include "server/retention/tasks.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "server/service/service.h"
#include "server/store/store.h"

void keeper_note_outcome(bool *failing, const char *task, enum ov_status status,
                         const struct ov_error *err)
{
    if (status != OV_OK && !*failing) {
        ov_log(OV_LOG_WARNING, "keeper", "task_fails", "task=%s", task);
        ov_log_error(OV_LOG_WARNING, "keeper", "cannot_keep", err);
    } else if (status == OV_OK && *failing) {
        ov_log(OV_LOG_INFO, "keeper", "task_works_again", "task=%s", task);
    }
    *failing = status != OV_OK;
}

static void run_task(const struct keeper_task *task, struct task_state *state,
                     struct service *service)
{
    struct ov_error err = OV_ERROR_INIT;
    enum ov_status status = task->run(service, &err);
    if (service->store != NULL)
        store_rollback(service->store); /* harmless where nothing is open */
    keeper_note_outcome(&state->failing, task->name, status, &err);
}

void keeper_tasks_run(const struct keeper_task *tasks, struct task_state *states, size_t count,
                      struct service *service, int64_t now_us)
{
    for (size_t i = 0; i < count; i++) {
        if (now_us < states[i].due_us)
            continue;
        states[i].due_us = now_us + tasks[i].every_s * OV_US_PER_S;
        run_task(&tasks[i], &states[i], service);
    }
}

void keeper_tasks_postpone(const struct keeper_task *tasks, struct task_state *states, size_t count,
                           int64_t now_us, int wait_s)
{
    int64_t earliest_us = now_us + wait_s * OV_US_PER_S;
    for (size_t i = 0; i < count; i++) {
        if (tasks[i].judges_ages && states[i].due_us < earliest_us)
            states[i].due_us = earliest_us;
    }
}
