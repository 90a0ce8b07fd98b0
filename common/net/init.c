/* Process-wide settings of libevent. Runs once, on the main thread. */
#include "common/net/init.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include <event2/event.h>
#include <event2/thread.h>

#include "common/base/log.h"
#include "common/base/secret.h"

static void on_libevent_log(int severity, const char *message)
{
    char quoted[512];
    enum ov_log_level level = OV_LOG_DEBUG;
    if (severity == EVENT_LOG_WARN)
        level = OV_LOG_WARNING;
    else if (severity == EVENT_LOG_ERR)
        level = OV_LOG_ERROR;
    ov_log(level, "net", "libevent", "text=%s", ov_log_quote(message, quoted, sizeof(quoted)));
}

/* libevent calls this where it cannot go on; it must not return. */
static void on_libevent_fatal(int code)
{
    ov_log(OV_LOG_ERROR, "net", "libevent_fatal", "code=%d", code);
    abort();
}

enum ov_status ov_net_init(void)
{
    static bool done; /* main thread only */
    if (done)
        return OV_OK;
    event_set_mem_functions(ov_wiping_malloc, ov_wiping_realloc, ov_wiping_free);
    event_set_log_callback(on_libevent_log);
    event_set_fatal_callback(on_libevent_fatal);
    if (evthread_use_pthreads() != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return OV_ERR_INTERNAL;
    done = true;
    return OV_OK;
}
