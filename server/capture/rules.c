/* The checks of Hello, ProbeBatch and Counts. */
#include "server/capture/rules.h"

#include <string.h>

#include "common/wire/frame.h"

static bool names_camera(const struct ov_hello *hello, const char *camera)
{
    for (size_t i = 0; i < hello->camera_count; i++)
        if (strcmp(hello->cameras[i], camera) == 0)
            return true;
    return false;
}

bool deployment_names_site(const struct deployment *deployment, const struct ov_id *site_id)
{
    for (size_t i = 0; i < deployment->site_count; i++)
        if (ov_id_equal(&deployment->sites[i], site_id))
            return true;
    return false;
}

enum ov_status check_greeting(const struct ov_hello *hello, struct ov_error *err)
{
    if (hello->protocol != OV_PROTOCOL_VERSION)
        return ov_fail(err, OV_ERR_PROTOCOL, "hello.protocol",
                       "this server speaks protocol %u, the client %u: install matching versions",
                       OV_PROTOCOL_VERSION, hello->protocol);
    if (ov_id_is_zero(&hello->run_id))
        return ov_fail(err, OV_ERR_PROTOCOL, "hello.run_id",
                       "the run id is empty: draw one when the client starts");
    for (size_t i = 0; i < hello->camera_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(hello->cameras[i], hello->cameras[j]) == 0)
                return ov_fail(err, OV_ERR_PROTOCOL, "hello.camera_twice",
                               "camera %s is named twice", hello->cameras[i]);
    return OV_OK;
}

static enum ov_status check_authority(const struct hello_terms *terms, struct ov_error *err)
{
    const struct deployment *deployment = terms->deployment;
    if (!deployment_names_site(deployment, &terms->site_id))
        return ov_fail(err, OV_ERR_DENIED, "deployment.other_site",
                       "the deployment's authorisation does not name this site");
    if (deployment->state != DEPLOYMENT_LIVE)
        return ov_fail(err, OV_ERR_STATE, "deployment.not_live",
                       "the deployment is %s, not live: ask the control room",
                       deployment_state_name(deployment->state));
    if (terms->now_us < deployment->starts_at_us)
        return ov_fail(err, OV_ERR_STATE, "deployment.too_early",
                       "the authorised window has not begun: connect again then");
    if (terms->now_us >= deployment->ends_at_us)
        return ov_fail(err, OV_ERR_STATE, "deployment.window_closed",
                       "the authorised window is over: capturing has to stop");
    if (deployment_is_overdue(deployment, terms->now_us))
        return ov_fail(err, OV_ERR_STATE, "deployment.urgent_lapsed",
                       "the written authorisation did not come in time: capturing has to stop");
    return OV_OK;
}

static const struct deployment_camera *find_camera(const struct hello_terms *terms,
                                                   const char *camera)
{
    for (size_t i = 0; i < terms->camera_count; i++)
        if (ov_id_equal(&terms->cameras[i].site_id, &terms->site_id) &&
            strcmp(terms->cameras[i].camera, camera) == 0)
            return &terms->cameras[i];
    return NULL;
}

static enum ov_status check_cameras(const struct ov_hello *hello, const struct hello_terms *terms,
                                    struct ov_error *err)
{
    if (terms->camera_count == 0 && terms->deployment->kind == DEPLOYMENT_EXERCISE)
        return OV_OK;
    for (size_t i = 0; i < hello->camera_count; i++)
        if (find_camera(terms, hello->cameras[i]) == NULL)
            return ov_fail(err, OV_ERR_DENIED, "camera.not_authorised",
                           "the deployment's settings do not name camera %s of this site",
                           hello->cameras[i]);
    return OV_OK;
}

enum ov_status check_hello(const struct ov_hello *hello, const struct hello_terms *terms,
                           struct ov_error *err)
{
    enum ov_status status = check_authority(terms, err);
    if (status != OV_OK)
        return status;
    if (memcmp(hello->model_digest, terms->deployment->model_digest, OV_DIGEST_BYTES) != 0)
        return ov_fail(err, OV_ERR_DENIED, "model.differs",
                       "the client's model pack is not the one that was authorised: install the "
                       "deployment's pack at the site");
    if (hello->dimension != terms->dimension)
        return ov_fail(err, OV_ERR_DENIED, "model.dimension",
                       "descriptors of this model have %u floats, not %u", terms->dimension,
                       hello->dimension);
    if (terms->deployment->kind == DEPLOYMENT_OPERATIONAL && hello->source_kind != OV_SOURCE_LIVE)
        return ov_fail(err, OV_ERR_DENIED, "source.not_live",
                       "an operational deployment takes live cameras only: files and images are "
                       "for exercises");
    return check_cameras(hello, terms, err);
}

void take_zones(const struct ov_hello *hello, const struct hello_terms *terms,
                struct ov_welcome *welcome)
{
    for (size_t i = 0; i < hello->camera_count; i++) {
        const struct deployment_camera *named = find_camera(terms, hello->cameras[i]);
        if (named == NULL || named->zone.count == 0)
            continue;
        struct ov_camera_zone *to = &welcome->zones[welcome->zone_count++];
        to->zone = named->zone;
        memcpy(to->camera, named->camera, sizeof(to->camera));
    }
}

/* As the client's detector has it: a box may be a little smaller than the face it is asked for. */
#define SMALLEST_FACE_TOLERANCE 0.75f

static enum ov_status check_face(const struct ov_probe *probe, const struct ov_welcome *welcome,
                                 struct ov_error *err)
{
    const struct ov_zone_face face = {probe->box_left,   probe->box_top,     probe->box_width,
                                      probe->box_height, probe->frame_width, probe->frame_height};
    enum ov_quality_reason reason = ov_quality_check(&probe->quality, &welcome->gate);
    if (reason != OV_QUALITY_OK)
        return ov_fail(err, OV_ERR_PROTOCOL, "probe.quality",
                       "a probe does not pass the quality gate that Welcome gave (%s)",
                       ov_quality_reason_name(reason));
    if ((float)probe->box_width < SMALLEST_FACE_TOLERANCE * (float)welcome->min_face_px)
        return ov_fail(err, OV_ERR_PROTOCOL, "probe.too_small",
                       "a face of %u px is smaller than the %u px that Welcome gave",
                       probe->box_width, welcome->min_face_px);
    if (!ov_zone_has_face(ov_welcome_zone(welcome, probe->camera), &face))
        return ov_fail(err, OV_ERR_PROTOCOL, "probe.outside_zone",
                       "a face outside the zone of recognition that Welcome gave, or in a picture "
                       "of unknown size");
    return OV_OK;
}

static enum ov_status check_probe(const struct ov_probe *probe, const struct probe_terms *terms,
                                  struct ov_error *err)
{
    int64_t age_us = terms->received_at_us - probe->captured_at_us;
    if (!names_camera(terms->hello, probe->camera))
        return ov_fail(err, OV_ERR_PROTOCOL, "probe.camera",
                       "camera %s was not named in Hello: connect again with it", probe->camera);
    if (age_us < -CAPTURE_AHEAD_MAX_US)
        return ov_fail(err, OV_ERR_PROTOCOL, "probe.from_future",
                       "a probe is %lld ms ahead of the server's clock: set the client's clock",
                       (long long)(-age_us / OV_US_PER_MS));
    if (terms->operational && age_us > CAPTURE_AGE_MAX_US)
        return ov_fail(err, OV_ERR_PROTOCOL, "probe.too_old",
                       "a probe was captured %lld ms ago: an operational deployment takes what is "
                       "captured now",
                       (long long)(age_us / OV_US_PER_MS));
    return check_face(probe, terms->welcome, err);
}

enum ov_status check_probe_batch(const struct ov_probe_batch *batch,
                                 const struct probe_terms *terms, struct ov_error *err)
{
    if (batch->batch <= terms->last_batch)
        return ov_fail(err, OV_ERR_PROTOCOL, "batch.order",
                       "batch numbers count up within a session");
    if (batch->count > CAPTURE_CREDIT - terms->outstanding)
        return ov_fail(err, OV_ERR_PROTOCOL, "credit.exceeded",
                       "%zu probes on top of %u unacknowledged ones are more than the %u allowed: "
                       "wait for acknowledgements",
                       batch->count, terms->outstanding, CAPTURE_CREDIT);
    for (size_t i = 0; i < batch->count; i++) {
        enum ov_status status = check_probe(&batch->probes[i], terms, err);
        if (status != OV_OK)
            return status;
        for (size_t j = 0; j < i; j++)
            if (batch->probes[j].sequence == batch->probes[i].sequence)
                return ov_fail(err, OV_ERR_PROTOCOL, "probe.twice",
                               "a sequence occurs twice in one batch");
    }
    return OV_OK;
}

enum ov_status check_counts(const struct ov_counts *counts, const struct ov_hello *hello,
                            int64_t now_us, struct ov_error *err)
{
    if (!ov_id_equal(&counts->run_id, &hello->run_id))
        return ov_fail(err, OV_ERR_PROTOCOL, "counts.run",
                       "counts of another run are not taken: report them in that run");
    if (!names_camera(hello, counts->camera))
        return ov_fail(err, OV_ERR_PROTOCOL, "counts.camera",
                       "camera %s was not named in Hello: connect again with it", counts->camera);
    if (counts->minute_us > now_us + CAPTURE_AHEAD_MAX_US)
        return ov_fail(err, OV_ERR_PROTOCOL, "counts.from_future",
                       "a minute that has not begun by the server's clock: set the client's clock");
    return OV_OK;
}
