/* "overtd serve": starts, waits for signals, stops. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/secret.h"
#include "common/net/init.h"
#include "server/api/api.h"
#include "server/commands.h"
#include "server/notify.h"
#include "server/serve.h"
#include "server/store/store.h"

static int fail(const struct ov_error *err)
{
    ov_log_error(OV_LOG_ERROR, "server", "cannot_start", err);
    return 1;
}

/* Once the database answers, or the time is up. Anything but "down" is reported at once. */
static enum ov_status await_database(const char *conninfo, int seconds, struct ov_error *err)
{
    const struct ov_clock *clock = ov_clock_system();
    int64_t until_us = ov_clock_mono_us(clock) + seconds * OV_US_PER_S;
    bool reported = false;
    for (;;) {
        struct store *store = NULL;
        ov_error_clear(err);
        enum ov_status status = store_open(conninfo, &store, err);
        store_close(store);
        if (status != OV_ERR_UNAVAILABLE || ov_clock_mono_us(clock) >= until_us)
            return status;
        if (!reported)
            ov_log(OV_LOG_WARNING, "server", "waiting_for_database", "seconds=%d", seconds);
        reported = true;
        struct timespec pause = {0, 250 * 1000000L};
        (void)nanosleep(&pause, NULL);
    }
}

static void block_signals(sigset_t *ret_set)
{
    (void)sigemptyset(ret_set);
    (void)sigaddset(ret_set, SIGTERM);
    (void)sigaddset(ret_set, SIGINT);
    (void)sigaddset(ret_set, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, ret_set, NULL); /* inherited by every thread */
}

static void wait_for_end(struct server *server, const sigset_t *signals)
{
    for (;;) {
        int number = 0;
        if (sigwait(signals, &number) != 0)
            continue;
        if (number != SIGHUP) {
            ov_log(OV_LOG_INFO, "server", "stopping", "signal=%d", number);
            return;
        }
        server_reload(server);
    }
}

static enum ov_status prepare(const struct command_options *options,
                              const struct server_config *config, struct ov_error *err)
{
    ov_log_set_level((enum ov_log_level)config->log_level);
    (void)umask(077);
    if (ov_process_hide_memory() != OV_OK)
        return ov_fail(err, OV_ERR_IO, "server.core_dumps", "cannot switch core dumps off");
    api_init_memory(); /* before anything uses jansson */
    enum ov_status status = ov_net_init();
    if (status != OV_OK)
        return ov_fail(err, status, "server.memory", "no memory for the event loops");
    return await_database(config->conninfo, options->wait_for_database_s, err);
}

static int serve(const struct command_options *options, const struct server_config *config)
{
    struct ov_error err = OV_ERROR_INIT;
    struct server *server = NULL;
    sigset_t signals;
    block_signals(&signals);
    if (prepare(options, config, &err) != OV_OK || server_start(config, &server, &err) != OV_OK)
        return fail(&err);
    ov_log(OV_LOG_INFO, "server", "ready", "capture_port=%d api_port=%d version=%s",
           server_capture_port(server), server_api_port(server), OVERT_VERSION);
    notify_manager("READY=1");
    wait_for_end(server, &signals);
    notify_manager("STOPPING=1");
    server_stop(server);
    ov_log(OV_LOG_INFO, "server", "stopped", "version=%s", OVERT_VERSION);
    return 0;
}

int command_serve(const struct command_options *options)
{
    struct ov_error err = OV_ERROR_INIT;
    struct server_config config;
    if (server_config_load(options->config, &config, &err) != OV_OK)
        return fail(&err);
    int exit_status = serve(options, &config);
    server_config_done(&config);
    return exit_status;
}
