/* One loop, one connection; what is done by the clock is the table below. */
#include "server/retention/keeper.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/log.h"
#include "server/retention/clock_watch.h"
#include "server/retention/tasks.h"
#include "server/service/approval.h"
#include "server/service/deployments.h"
#include "server/service/erasure.h"
#include "server/service/duty.h"
#include "server/service/ledger.h"
#include "server/service/evidence.h"
#include "server/service/membership.h"
#include "server/service/once.h"
#include "server/service/service.h"

#define EVERY_MS 1000
#define SLICE_MS 50
/* No transaction is open for as long, so no key that looks old after a jump is about to be owned.
 */
#define JUMP_WAIT_S 600

static const struct keeper_task tasks[] = {
    {"close_ended", 1, service_deployments_close_ended, false},
    {"lapse_evidence", 60, service_evidence_lapse, false},
    {"prune_requests", 600, service_requests_prune, false},
    {"pause_unattended", 1, service_duty_pause_unattended, false},
    {"cancel_lapsed", 60, service_deployments_cancel_lapsed, false},
    {"expire_entries", 1, service_watchlist_expire, false},
    {"erase_lists", 5, service_erase_due_lists, false},
    {"erase_alerts", 5, service_erase_due_alerts, false},
    {"sweep_keys", 600, service_sweep_keys, true},
    {"lapse_membership", 60, service_membership_lapse, false},
    {"lapse_urgent", 1, service_deployments_lapse_urgent, false},
};
#define TASK_COUNT (sizeof(tasks) / sizeof(tasks[0]))

struct keeper {
    struct keeper_options options;
    struct store *store;
    struct service service;
    pthread_t thread;
    bool started;
    struct task_state states[TASK_COUNT];
    struct clock_watch watch;
    bool database_fails;
    bool counts_fail;
    atomic_bool stopping;
};

static enum ov_status flush(struct keeper *keeper, bool with_current, struct ov_error *err)
{
    struct server_counts counts;
    while (tally_take(keeper->options.tally, with_current, &counts) == OV_OK) {
        enum ov_status status = store_server_counts_add(keeper->store, &counts, err);
        if (status != OV_OK) {
            tally_put_back(keeper->options.tally, &counts);
            return status;
        }
    }
    return OV_OK;
}

/* The machine's own, also while the database is away. */
static void watch_clock(struct keeper *keeper)
{
    int64_t mono_us = ov_clock_mono_us(keeper->options.clock);
    int64_t jump_us =
        clock_watch_jump(&keeper->watch, ov_clock_utc_us(keeper->options.clock), mono_us);
    if (jump_us == 0)
        return;
    ov_log(OV_LOG_WARNING, "keeper", "clock_jumped", "by_ms=%lld",
           (long long)(jump_us / OV_US_PER_MS));
    keeper_tasks_postpone(tasks, keeper->states, TASK_COUNT, mono_us, JUMP_WAIT_S);
}

/* The answer's way is left out: it was given between the two looks at our own clock. */
static void compare_clocks(struct keeper *keeper)
{
    int64_t database_us = 0;
    int64_t before_us = ov_clock_utc_us(keeper->options.clock);
    if (store_now(keeper->store, &database_us, NULL) != OV_OK)
        return; /* told by the tasks */
    int64_t after_us = ov_clock_utc_us(keeper->options.clock);
    int64_t ahead_us = database_us < before_us  ? before_us - database_us
                       : database_us > after_us ? after_us - database_us
                                                : 0;
    switch (clock_watch_compare(&keeper->watch, ahead_us)) {
    case CLOCK_NO_NEWS:
        break;
    case CLOCK_DIFFERS:
        ov_log(OV_LOG_WARNING, "keeper", "clock_differs", "from=database ahead_ms=%lld",
               (long long)(ahead_us / OV_US_PER_MS));
        break;
    case CLOCK_AGREES:
        ov_log(OV_LOG_INFO, "keeper", "clock_agrees", "with=database");
        break;
    }
}

static void keep(struct keeper *keeper)
{
    struct ov_error err = OV_ERROR_INIT;
    watch_clock(keeper);
    enum ov_status status = store_ensure(keeper->store, &err);
    keeper_note_outcome(&keeper->database_fails, "connect", status, &err);
    if (status != OV_OK)
        return;
    compare_clocks(keeper);
    keeper_tasks_run(tasks, keeper->states, TASK_COUNT, &keeper->service,
                     ov_clock_mono_us(keeper->options.clock));
    status = flush(keeper, false, &err);
    keeper_note_outcome(&keeper->counts_fail, "store_counts", status, &err);
}

static void *keeper_main(void *arg)
{
    struct keeper *keeper = arg;
    struct timespec slice = {0, SLICE_MS * 1000000L};
    while (!atomic_load(&keeper->stopping)) {
        keep(keeper);
        for (int slept = 0; slept < EVERY_MS && !atomic_load(&keeper->stopping); slept += SLICE_MS)
            (void)nanosleep(&slice, NULL);
    }
    struct ov_error err = OV_ERROR_INIT;
    enum ov_status status = store_ensure(keeper->store, &err);
    if (status == OV_OK)
        status = flush(keeper, true, &err);
    if (status != OV_OK)
        ov_log_error(OV_LOG_ERROR, "keeper", "counts_not_stored", &err);
    return NULL;
}

/* At the start, so that a key that is missing or another one is told before it is needed. */
static enum ov_status check_ledger(struct keeper *keeper, struct ov_error *err)
{
    struct ledger_key *key = NULL;
    enum ov_status status = ledger_open(&keeper->service, &key, err);
    ledger_key_free(key);
    return status;
}

enum ov_status keeper_start(const struct keeper_options *options, struct keeper **ret_keeper,
                            struct ov_error *err)
{
    struct keeper *keeper = calloc(1, sizeof(*keeper));
    if (keeper == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "keeper.memory", "no memory for the keeper");
    keeper->options = *options;
    atomic_init(&keeper->stopping, false);
    enum ov_status status = store_open(options->conninfo, &keeper->store, err);
    keeper->service = (struct service){.store = keeper->store,
                                       .vault = options->vault,
                                       .clock = options->clock,
                                       .ledger_key = options->ledger_key};
    if (status == OV_OK)
        status = check_ledger(keeper, err);
    if (status == OV_OK && pthread_create(&keeper->thread, NULL, keeper_main, keeper) != 0)
        status = ov_fail(err, OV_ERR_NOMEM, "keeper.threads", "cannot start the keeper");
    keeper->started = status == OV_OK;
    if (status != OV_OK) {
        keeper_stop(keeper);
        return status;
    }
    *ret_keeper = keeper;
    return OV_OK;
}

void keeper_stop(struct keeper *keeper)
{
    if (keeper == NULL)
        return;
    atomic_store(&keeper->stopping, true);
    if (keeper->started)
        (void)pthread_join(keeper->thread, NULL);
    store_close(keeper->store);
    free(keeper);
}
