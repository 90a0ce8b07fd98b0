/* Identity, the deployment that is meant, and whether it may be captured for. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "server/capture/desk_private.h"
#include "server/capture/rules.h"
#include "server/service/people.h"

#define AWAIT_GALLERY_MS 3000
#define AWAIT_AGAIN_MS 50

enum ov_status desk_identify(struct desk_worker *worker, const struct ov_peer *peer,
                             struct actor *ret_actor, struct ov_error *err)
{
    char uri[OV_PEER_NAME_SIZE + 16];
    (void)snprintf(uri, sizeof(uri), "overt://site/%s", peer->name);
    enum ov_status status = service_identify(&worker->service, uri, peer->serial, ret_actor, err);
    if (status == OV_OK && (ret_actor->principal.kind != PRINCIPAL_SITE ||
                            (ret_actor->principal.roles & ROLE_SITE) == 0))
        return ov_fail(err, OV_ERR_DENIED, "tls.not_a_site",
                       "this certificate is not a site's: use one of 'deploy/pki site'");
    return status;
}

/* The one live deployment of a site. */
struct choice {
    struct ov_id site_id;
    int live;
    struct deployment deployment;
};

static enum ov_status on_running(void *ctx, const struct deployment *deployment)
{
    struct choice *choice = ctx;
    if (deployment->state != DEPLOYMENT_LIVE ||
        !deployment_names_site(deployment, &choice->site_id))
        return OV_OK;
    choice->live++;
    choice->deployment = *deployment;
    return OV_OK;
}

static enum ov_status choose_deployment(struct desk_worker *worker, struct desk_job *job,
                                        struct ov_error *err)
{
    struct choice choice = {.site_id = job->site_id};
    if (job->hello.names_deployment)
        return store_deployment_get(worker->store, &job->hello.deployment_id, false,
                                    &job->deployment, err);
    enum ov_status status = store_deployment_each_running(worker->store, on_running, &choice, err);
    if (status != OV_OK)
        return status;
    if (choice.live == 0)
        return ov_fail(err, OV_ERR_STATE, "deployment.not_live",
                       "no deployment of this site is live: ask the control room");
    if (choice.live > 1)
        return ov_fail(err, OV_ERR_STATE, "deployment.several",
                       "several deployments of this site are live: name one");
    job->deployment = choice.deployment;
    return OV_OK;
}

/* A deployment that has just started, or been resumed, is there within a second. */
static enum ov_status await_gallery(struct desk_worker *worker, const struct ov_id *deployment_id,
                                    struct ov_error *err)
{
    const struct desk_options *options = worker->options;
    int64_t until_us = ov_clock_mono_us(options->clock) + AWAIT_GALLERY_MS * OV_US_PER_MS;
    struct timespec pause = {0, AWAIT_AGAIN_MS * 1000000L};
    do {
        struct target *target = registry_await(options->registry, deployment_id, AWAIT_GALLERY_MS);
        bool live = target != NULL && target_is_live(target, ov_clock_utc_us(options->clock));
        target_release(target);
        if (live)
            return OV_OK;
        (void)nanosleep(&pause, NULL); /* as it was before it was resumed */
    } while (ov_clock_mono_us(options->clock) < until_us);
    return ov_fail(err, OV_ERR_STATE, "deployment.not_searchable",
                   "the deployment's watchlist is not loaded on this server: ask the control "
                   "room, the server's log says why");
}

static enum ov_status on_camera(void *ctx, const struct deployment_camera *camera)
{
    struct desk_job *job = ctx;
    if (job->camera_count == DEPLOYMENT_CAMERAS_MAX)
        return OV_ERR_LIMIT; /* the application could not name so many */
    job->cameras[job->camera_count++] = *camera;
    return OV_OK;
}

enum ov_status desk_hello(struct desk_worker *worker, struct desk_job *job, struct ov_error *err)
{
    struct actor actor;
    struct site site;
    const struct desk_options *options = worker->options;
    enum ov_status status = desk_identify(worker, &job->peer, &actor, err);
    if (status == OV_OK)
        status = store_site_by_principal(worker->store, &actor.principal.id, &site, err);
    if (status != OV_OK)
        return status;
    job->site_id = site.id;
    status = choose_deployment(worker, job, err);
    if (status != OV_OK)
        return status;
    job->deployment_id = job->deployment.id;
    status = store_deployment_cameras(worker->store, &job->deployment_id, on_camera, job, err);
    if (status != OV_OK)
        return status;
    struct hello_terms terms = {.deployment = &job->deployment,
                                .site_id = site.id,
                                .dimension = (uint32_t)options->model.dimension,
                                .cameras = job->cameras,
                                .camera_count = job->camera_count,
                                .now_us = ov_clock_utc_us(options->clock)};
    status = check_hello(&job->hello, &terms, err);
    if (status == OV_OK &&
        memcmp(job->deployment.model_digest, options->model.digest, OV_DIGEST_BYTES) != 0)
        status = ov_fail(err, OV_ERR_STATE, "model.not_installed",
                         "this server has another model pack than the deployment's: ask the "
                         "administrator");
    return status == OV_OK ? await_gallery(worker, &job->deployment_id, err) : status;
}
