/* Starting and stopping. The README beside this file has the map of threads. */
#include "server/serve.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/face/face.h"
#include "server/api/api.h"
#include "server/capture/capture.h"
#include "server/match/follower.h"
#include "server/match/matcher.h"
#include "server/retention/keeper.h"

#define PROBE_QUEUE_JOBS 4096u

struct server {
    const struct server_config *config;
    const struct ov_clock *clock;
    struct loader_model model;
    struct vault *vault;
    struct registry *registry;
    struct tally *tally;
    struct capture *capture;
    struct follower *follower;
    struct alert_path *alerts;
    struct matchers *matchers;
    struct delivery *delivery;
    struct keeper *keeper;
    struct api *api;
};

/* Any thread (the API's). */
static void read_live_status(void *ctx, struct live_status *ret)
{
    struct server *server = ctx;
    struct registry_totals registered;
    struct tally_totals counted;
    registry_totals(server->registry, &registered);
    tally_totals(server->tally, &counted);
    *ret = (struct live_status){.sessions = capture_sessions(server->capture),
                                .probes_compared = counted.probes_compared,
                                .alerts = counted.alerts,
                                .suppressed = counted.suppressed,
                                .galleries = registered.galleries,
                                .templates = registered.templates};
}

/* The model's identity and dimension; loading it once here also proves that it loads. */
static enum ov_status read_model(struct server *server, struct ov_error *err)
{
    struct ov_face_engine *engine = NULL;
    enum ov_status status =
        ov_face_engine_new(server->config->model_pack, server->config->onnxruntime, &engine, err);
    if (status != OV_OK)
        return status;
    memcpy(server->model.digest, ov_face_engine_digest(engine), OV_DIGEST_BYTES);
    server->model.dimension = ov_face_engine_dimension(engine);
    ov_log(OV_LOG_INFO, "server", "model", "name=\"%s\" dimension=%d", ov_face_engine_name(engine),
           server->model.dimension);
    ov_face_engine_free(engine);
    return OV_OK;
}

static enum ov_status start_capture(struct server *server, struct ov_error *err)
{
    const struct server_config *config = server->config;
    struct capture_options options = {.address = config->capture_address,
                                      .port = (int)config->capture_port,
                                      .tls = server_config_tls(config),
                                      .conninfo = config->conninfo,
                                      .vault = server->vault,
                                      .registry = server->registry,
                                      .model = server->model,
                                      .clock = server->clock,
                                      .desk_threads = (int)config->desk_workers};
    return capture_new(&options, &server->capture, err);
}

static enum ov_status start_follower(struct server *server, struct ov_error *err)
{
    struct follower_options options = {.conninfo = server->config->conninfo,
                                       .vault = server->vault,
                                       .registry = server->registry,
                                       .model = server->model,
                                       .clock = server->clock,
                                       .on_change = capture_on_change,
                                       .ctx = server->capture};
    return follower_start(&options, &server->follower, err);
}

/* The courier's thread: whoever waits for alerts at the API looks again. */
static void on_notified(void *ctx)
{
    struct server *server = ctx;
    api_wake(server->api);
}

static enum ov_status start_alerts(struct server *server, struct ov_error *err)
{
    const struct server_config *config = server->config;
    struct alert_path_options path = {.conninfo = config->conninfo,
                                      .model_pack = config->model_pack,
                                      .onnxruntime_path = config->onnxruntime,
                                      .vault = server->vault,
                                      .tally = server->tally,
                                      .clock = server->clock,
                                      .threads = (int)config->alert_workers,
                                      .on_raised = capture_on_raised,
                                      .ctx = server->capture};
    enum ov_status status = alert_path_start(&path, &server->alerts, err);
    if (status != OV_OK)
        return status;
    struct delivery_options delivery = {.conninfo = config->conninfo,
                                        .vault = server->vault,
                                        .clock = server->clock,
                                        .path = server->alerts,
                                        .on_alert = capture_on_alert,
                                        .ctx = server->capture,
                                        .on_notified = on_notified,
                                        .notified_ctx = server};
    return delivery_start(&delivery, &server->delivery, err);
}

static enum ov_status start_matchers(struct server *server, struct ov_error *err)
{
    struct matchers_options options = {.registry = server->registry,
                                       .tally = server->tally,
                                       .clock = server->clock,
                                       .threads = server_config_matchers(server->config),
                                       .queue_capacity = PROBE_QUEUE_JOBS,
                                       .on_matched = capture_on_matched,
                                       .ctx = server->capture};
    return matchers_start(&options, &server->matchers, err);
}

static enum ov_status start_keeper(struct server *server, struct ov_error *err)
{
    struct keeper_options options = {.conninfo = server->config->conninfo,
                                     .vault = server->vault,
                                     .ledger_key = server->config->ledger_key,
                                     .tally = server->tally,
                                     .clock = server->clock};
    return keeper_start(&options, &server->keeper, err);
}

static enum ov_status start_api(struct server *server, struct ov_error *err)
{
    const struct server_config *config = server->config;
    struct api_options options = {.address = config->api_address,
                                  .port = (int)config->api_port,
                                  .tls = server_config_tls(config),
                                  .workers = server_config_api_workers(config),
                                  .conninfo = config->conninfo,
                                  .model_pack = config->model_pack,
                                  .onnxruntime_path = config->onnxruntime,
                                  .vault = server->vault,
                                  .ledger_key = config->ledger_key,
                                  .clock = server->clock,
                                  .read_live_status = read_live_status,
                                  .live_status_ctx = server};
    return api_start(&options, &server->api, err);
}

/* Opens for clients, last: everything that serves them is there. */
static enum ov_status open_capture(struct server *server, struct ov_error *err)
{
    struct capture_links links = {server->matchers, server->alerts, server->delivery};
    return capture_start(server->capture, &links, err);
}

static enum ov_status start_parts(struct server *server, struct ov_error *err)
{
    static enum ov_status (*const steps[])(struct server *, struct ov_error *) = {
        read_model,   start_capture,  start_api,    start_follower,
        start_alerts, start_matchers, start_keeper, open_capture,
    };
    enum ov_status status =
        vault_open(server->config->vault, server->config->installation_key, &server->vault, err);
    for (size_t i = 0; status == OV_OK && i < sizeof(steps) / sizeof(steps[0]); i++)
        status = steps[i](server, err);
    return status;
}

enum ov_status server_start(const struct server_config *config, struct server **ret_server,
                            struct ov_error *err)
{
    struct server *server = calloc(1, sizeof(*server));
    if (server == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "server.memory", "no memory for a server");
    server->config = config;
    server->clock = ov_clock_system();
    server->registry = registry_new(server->clock);
    server->tally = tally_new(server->clock);
    enum ov_status status = OV_OK;
    if (server->registry == NULL || server->tally == NULL)
        status = ov_fail(err, OV_ERR_NOMEM, "server.memory", "no memory for a server");
    if (status == OV_OK)
        status = start_parts(server, err);
    if (status != OV_OK) {
        server_stop(server);
        return status;
    }
    *ret_server = server;
    return OV_OK;
}

void server_reload(struct server *server)
{
    struct ov_error err = OV_ERROR_INIT;
    capture_reload_tls(server->capture);
    if (api_reload_tls(server->api, &err) != OV_OK)
        ov_log_error(OV_LOG_ERROR, "api", "tls_not_reloaded", &err);
}

/*
 * Clients go first, while everything that acknowledges their batches still runs; the keeper stores
 * the counts after everything that counts; what the messages left over hold on to goes last.
 */
void server_stop(struct server *server)
{
    if (server == NULL)
        return;
    capture_stop(server->capture);
    delivery_stop(server->delivery); /* it wakes the API */
    api_stop(server->api);
    matchers_stop(server->matchers);
    alert_path_stop(server->alerts);
    follower_stop(server->follower);
    keeper_stop(server->keeper);
    capture_free(server->capture);
    registry_free(server->registry);
    tally_free(server->tally);
    vault_close(server->vault);
    free(server);
}

int server_capture_port(const struct server *server)
{
    return capture_port(server->capture);
}

int server_api_port(const struct server *server)
{
    return api_port(server->api);
}
