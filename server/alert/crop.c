/*
 * Decodes a delivered crop, embeds its faces again and compares them with the sealed probe. The
 * probe is turned by its deployment's rotation; so is what is made of the crop.
 */
#include "server/alert/crop.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "server/alert/worker.h"
#include "server/vault/rotation.h"

#define CROP_SIDE_MAX_PX 2048
#define CROP_FACES_MAX 8u /* of a crop, largest first; there should be one */

/* What the row says about the alert that a crop came for. */
struct expected {
    bool found;
    struct alert_row row; /* its sealed fields are not valid */
    struct ov_secret sealed_probe;
};

struct verdict {
    enum crop_state state;
    float cosine;
    bool keep; /* the bytes are a JPEG: stored for people to look at */
};

struct crop_job *crop_job_new(const struct ov_id *alert_id)
{
    struct crop_job *job = calloc(1, sizeof(*job));
    if (job != NULL)
        job->alert_id = *alert_id;
    return job;
}

void crop_job_free(struct crop_job *job)
{
    if (job == NULL)
        return;
    ov_secret_free(&job->jpeg);
    free(job);
}

bool crop_score_is_match(float cosine)
{
    return cosine >= CROP_MATCH_COSINE;
}

static enum ov_status on_row(void *ctx, const struct alert_row *row)
{
    struct expected *expected = ctx;
    expected->found = true;
    expected->row = *row;
    if (row->sealed_probe.size == 0)
        return OV_OK;
    return ov_secret_copy(&expected->sealed_probe, row->sealed_probe.data, row->sealed_probe.size);
}

static enum ov_status read_expected(struct alert_worker *worker, const struct ov_id *alert_id,
                                    struct expected *expected, struct ov_error *err)
{
    ov_secret_free(&expected->sealed_probe);
    return store_alert_get(worker->store, alert_id, on_row, expected, err);
}

/* A crop is taken once, and only from the run that sent the probe. */
static bool is_expected(const struct crop_job *job, const struct alert_row *row)
{
    if (row->crop_state != CROP_AWAITED)
        return false;
    return job->by_clock ||
           (ov_id_equal(&job->site_id, &row->site_id) &&
            ov_id_equal(&job->deployment_id, &row->deployment_id) &&
            ov_id_equal(&job->run_id, &row->run_id) && job->sequence == row->sequence);
}

/* What a crop is held against. */
struct suspect {
    struct ov_secret probe; /* turned */
    struct rotation *rotation;
};

static void suspect_done(struct suspect *suspect)
{
    ov_secret_free(&suspect->probe);
    rotation_unref(suspect->rotation);
}

/* The best cosine between the probe and any face of the picture; -1 when there is none. */
static enum ov_status best_cosine(struct alert_worker *worker, const struct ov_image *image,
                                  const struct suspect *suspect, float *ret, struct ov_error *err)
{
    struct ov_face_list list = {NULL, 0};
    int dimension = ov_face_engine_dimension(worker->faces);
    float best = -1.0f;
    enum ov_status status = ov_face_find(worker->faces, image, 0, &list, err);
    for (size_t i = 0; status == OV_OK && i < list.count && i < CROP_FACES_MAX; i++) {
        struct ov_secret descriptor = OV_SECRET_INIT;
        status = ov_face_embed(worker->faces, image, &list.faces[i], &descriptor, err);
        if (status == OV_OK)
            status = rotation_turn(suspect->rotation, &descriptor, err);
        if (status == OV_OK && descriptor.size == suspect->probe.size) {
            float cosine =
                ov_descriptor_cosine((const float *)(const void *)descriptor.data,
                                     (const float *)(const void *)suspect->probe.data, dimension);
            best = cosine > best ? cosine : best;
        }
        ov_secret_free(&descriptor);
    }
    ov_face_list_free(&list);
    if (status == OV_OK)
        *ret = best;
    return status;
}

static enum ov_status judge(struct alert_worker *worker, const struct crop_job *job,
                            const struct suspect *suspect, struct verdict *ret,
                            struct ov_error *err)
{
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_error why = OV_ERROR_INIT;
    *ret = (struct verdict){CROP_MISSING, 0.0f, false};
    if (job->jpeg.size == 0 || suspect->rotation == NULL)
        return OV_OK;
    ret->state = CROP_DIFFERS;
    enum ov_status status =
        ov_jpeg_decode(&image, job->jpeg.data, job->jpeg.size, CROP_SIDE_MAX_PX, &why);
    if (status == OV_ERR_INVALID || status == OV_ERR_LIMIT)
        return OV_OK; /* not a picture: nothing that could be shown is kept */
    if (status != OV_OK)
        return ov_fail(err, why.status, why.code, "%s", why.text);
    ret->keep = true;
    status = best_cosine(worker, &image, suspect, &ret->cosine, err);
    if (status == OV_OK && crop_score_is_match(ret->cosine))
        ret->state = CROP_MATCHES;
    ov_image_free(&image);
    return status;
}

static enum ov_status write_event(struct alert_worker *worker, const struct expected *expected,
                                  const struct verdict *verdict, const struct ov_secret *sealed,
                                  struct ov_error *err)
{
    const char *name =
        verdict->state == CROP_MISSING ? "alert.crop_missing" : "alert.crop_received";
    struct audit_event *event =
        audit_event_new(name, worker_actor(), ov_clock_utc_us(worker->clock));
    if (event == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "alert.memory", "no memory for an event");
    audit_event_deployment(event, &expected->row.deployment_id);
    audit_event_object(event, "alert", &expected->row.id);
    audit_event_code(event, "state", crop_state_name(verdict->state));
    if (verdict->state != CROP_MISSING)
        audit_event_int(event, "crop_score", audit_score(verdict->cosine));
    worker_event_digest(event, "crop", sealed);
    return audit_event_write(worker->store, event, err);
}

/* Under the subject's lock, so that two answers for one alert cannot both be taken. */
static enum ov_status store_verdict(struct alert_worker *worker, const struct crop_job *job,
                                    const struct verdict *verdict, const struct ov_secret *sealed,
                                    struct ov_error *err)
{
    struct expected now = {.found = false};
    struct store_bytes bytes = {sealed->data, sealed->size};
    enum ov_status status = store_begin(worker->store, err);
    if (status == OV_OK)
        status = read_expected(worker, &job->alert_id, &now, err);
    if (status == OV_OK)
        status =
            store_alert_lock_subject(worker->store, &now.row.deployment_id, &now.row.entry_id, err);
    if (status == OV_OK)
        status = read_expected(worker, &job->alert_id, &now, err);
    if (status == OV_OK && is_expected(job, &now.row)) {
        status = store_alert_set_crop(worker->store, &job->alert_id, verdict->state,
                                      verdict->cosine, bytes, err);
        if (status == OV_OK)
            status = write_event(worker, &now, verdict, sealed, err);
        if (status == OV_OK)
            status = store_commit(worker->store, err);
    } else {
        store_rollback(worker->store);
    }
    ov_secret_free(&now.sealed_probe);
    return status;
}

/*
 * The rotation of the alert's deployment. Once the list has been erased there is none: nobody can
 * say any more whose face a crop shows, and it is not kept.
 */
static enum ov_status load_rotation(struct alert_worker *worker, const struct crop_job *job,
                                    struct suspect *suspect, struct ov_error *err)
{
    struct vault_key *key = NULL;
    struct ov_error why = OV_ERROR_INIT;
    enum ov_status status =
        vault_key_load(worker->vault, VAULT_WATCHLIST, &job->deployment_id, &key, &why);
    if (status == OV_ERR_NOT_FOUND)
        return OV_OK;
    if (status != OV_OK)
        return ov_fail(err, why.status, why.code, "%s", why.text);
    status = vault_rotation(worker->vault, key, ov_face_engine_dimension(worker->faces),
                            &suspect->rotation, err);
    vault_key_free(key);
    return status;
}

static enum ov_status judge_and_seal(struct alert_worker *worker, const struct crop_job *job,
                                     const struct ov_secret *sealed_probe, struct verdict *verdict,
                                     struct ov_secret *sealed_crop, struct ov_error *err)
{
    struct vault_key *key = NULL;
    struct suspect suspect = {.probe = OV_SECRET_INIT};
    if (job->by_clock) {
        *verdict = (struct verdict){CROP_MISSING, 0.0f, false};
        return OV_OK; /* nothing to open or seal: an alert whose key is lost is settled too */
    }
    enum ov_status status = vault_key_load(worker->vault, VAULT_ALERT, &job->alert_id, &key, err);
    if (status == OV_OK && sealed_probe->size > 0)
        status = vault_unseal(key, "alert.probe", &job->alert_id, sealed_probe->data,
                              sealed_probe->size, &suspect.probe, err);
    if (status == OV_OK)
        status = load_rotation(worker, job, &suspect, err);
    if (status == OV_OK)
        status = judge(worker, job, &suspect, verdict, err);
    if (status == OV_OK && verdict->keep)
        status = vault_seal(key, "alert.crop", &job->alert_id, job->jpeg.data, job->jpeg.size,
                            sealed_crop, err);
    suspect_done(&suspect);
    vault_key_free(key);
    return status;
}

static enum ov_status check_once(struct alert_worker *worker, const struct crop_job *job,
                                 struct ov_error *err)
{
    char id[OV_ID_TEXT_SIZE];
    struct expected expected = {.found = false};
    struct verdict verdict = {CROP_MISSING, 0.0f, false};
    struct ov_secret sealed = OV_SECRET_INIT;
    enum ov_status status = read_expected(worker, &job->alert_id, &expected, err);
    if (status == OV_OK && !is_expected(job, &expected.row)) {
        ov_log(OV_LOG_INFO, "alert", "crop_ignored", "alert=%s", ov_id_format(&job->alert_id, id));
        ov_secret_free(&expected.sealed_probe);
        return OV_OK;
    }
    if (status == OV_OK)
        status = judge_and_seal(worker, job, &expected.sealed_probe, &verdict, &sealed, err);
    if (status == OV_OK)
        status = store_verdict(worker, job, &verdict, &sealed, err);
    if (status == OV_OK)
        ov_log(OV_LOG_INFO, "alert", "crop", "alert=%s state=%s cosine=%.3f",
               ov_id_format(&job->alert_id, id), crop_state_name(verdict.state),
               (double)verdict.cosine);
    ov_secret_free(&expected.sealed_probe);
    ov_secret_free(&sealed);
    return status;
}

void crop_check(struct alert_worker *worker, const struct crop_job *job)
{
    for (int tries = 0;; tries++) {
        struct ov_error err = OV_ERROR_INIT;
        enum ov_status status = check_once(worker, job, &err);
        if (status == OV_OK)
            return;
        if (tries == 0 || !worker_may_retry(status))
            ov_log_error(OV_LOG_WARNING, "alert", "crop_failed", &err);
        if (!worker_may_retry(status) || !worker_wait(worker, tries)) {
            store_rollback(worker->store);
            return;
        }
    }
}
