/*
 * The HTTPS API: its own thread with an event loop (evhttp over TLS, client certificates), and
 * worker threads that run the requests. Requests are parsed here, decided in service/.
 */
#ifndef OVERT_SERVER_API_API_H
#define OVERT_SERVER_API_API_H

#include <stdint.h>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/net/tls.h"
#include "server/vault/vault.h"

struct api;

/* What the capture side knows about now, for GET /v1/status. */
struct live_status {
    int sessions;
    int64_t probes_compared; /* since the server's start */
    int64_t alerts;
    int64_t suppressed;
    int galleries;
    int64_t templates;
};

/* The strings and what is borrowed outlive the api. */
struct api_options {
    const char *address; /* "127.0.0.1" */
    int port;            /* 0: any; see api_port */
    struct ov_tls_files tls;
    int workers; /* each with a store and a face engine of its own */
    const char *conninfo;
    const char *model_pack;
    const char *onnxruntime_path; /* NULL: as built */
    struct vault *vault;          /* borrowed; outlives the api */
    const char *ledger_key;       /* path; NULL where nothing asks the membership ledger */
    const struct ov_clock *clock;
    void (*read_live_status)(void *ctx, struct live_status *ret); /* any thread; may be NULL */
    void *live_status_ctx;
};

/* First in main, before anything uses jansson: JSON that held names is wiped when it is freed. */
void api_init_memory(void);

OV_CHECKED enum ov_status api_start(const struct api_options *options, struct api **ret_api,
                                    struct ov_error *err);
/* The port it listens on. */
int api_port(const struct api *api);
/* Reads certificates and CRL again; on failure the old ones stay. Revoked peers are cut. */
OV_CHECKED enum ov_status api_reload_tls(struct api *api, struct ov_error *err);
/* Something may have happened that a waiting request waits for (an alert): they are tried again at
 * once. Any thread, cheap; without it they are tried twice a second. */
void api_wake(struct api *api);
/* Finishes running requests (ten seconds at most) and joins its threads. Takes NULL. */
void api_stop(struct api *api);

#endif
