/* A worker: a thread with a store and a face engine of its own. Private to api/. */
#ifndef OVERT_SERVER_API_WORKER_H
#define OVERT_SERVER_API_WORKER_H

#include "server/api/loop.h"

struct worker {
    const struct api_options *options;
    struct loop *loop; /* its queue and its mailbox only */
    int64_t up_since_us;
    struct service service;
    pthread_t thread;
    bool running;
};

/* Opens what the worker needs; worker_done also after a failure. */
OV_CHECKED enum ov_status worker_init(struct worker *worker, const struct api_options *options,
                                      struct loop *loop, int64_t up_since_us, struct ov_error *err);
/* The thread's function; ends when the queue is closed and empty. */
void *worker_run(void *worker);
void worker_done(struct worker *worker);

#endif
