/*
 * The alert's transaction: deployment live, subject locked, precedent, copies under the alert's own
 * key, row and feed number, event, commit. The key is durable before the row is; it is destroyed
 * when it is certain that no row uses it, and only then.
 */
#include "server/alert/raise.h"

#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "server/store/alerts.h"
#include "server/store/deployments.h"

#define HOPELESS_TRIES 3 /* of a failure that waiting does not seem to cure */

struct raise {
    struct alert_worker *worker;
    const struct match_job *job;
    const struct candidate *candidate;
    struct alert_row row;
    struct vault_key *key; /* the alert's own; made when first needed */
    bool may_be_committed; /* a commit was sent and its outcome is not known */
    struct ov_secret name, reference, thumbnail, probe; /* sealed with key */
};

const char *raise_outcome_name(enum raise_outcome outcome)
{
    switch (outcome) {
    case RAISE_NEW:
        return "new";
    case RAISE_SAME:
        return "same";
    case RAISE_SUPPRESSED:
        return "suppressed";
    case RAISE_DROPPED:
        return "dropped";
    }
    return "unknown";
}

static const struct ov_probe *probe_of(const struct raise *raise)
{
    return &raise->job->batch.probes[raise->candidate->query];
}

static void fill_row(struct raise *raise)
{
    const struct match_job *job = raise->job;
    const struct ov_probe *probe = probe_of(raise);
    raise->row = (struct alert_row){
        .id = ov_id_new(),
        .deployment_id = job->deployment_id,
        .entry_id = raise->candidate->entry_id,
        .site_id = job->site_id,
        .run_id = job->run_id,
        .sequence = probe->sequence,
        .track = probe->track,
        .captured_at_us = probe->captured_at_us,
        .received_at_us = job->received_at_us,
        .score = raise->candidate->score,
        .threshold = job->target->deployment.threshold,
        .crop_state = CROP_AWAITED,
    };
    (void)snprintf(raise->row.camera, sizeof(raise->row.camera), "%s", probe->camera);
}

static void forget_sealed(struct raise *raise)
{
    ov_secret_free(&raise->name);
    ov_secret_free(&raise->reference);
    ov_secret_free(&raise->thumbnail);
    ov_secret_free(&raise->probe);
}

static enum ov_status ensure_key(struct raise *raise, struct ov_error *err)
{
    if (raise->key != NULL)
        return OV_OK;
    return vault_key_create(raise->worker->vault, VAULT_ALERT, &raise->row.id, &raise->key, err);
}

struct copying {
    struct raise *raise;
    const struct vault_key *list_key;
    struct ov_error *err;
};

/* The alert's own copies: it outlives the watchlist and must not need its key. */
static enum ov_status on_source(void *ctx, const struct alert_source *source)
{
    struct copying *copying = ctx;
    struct raise *raise = copying->raise;
    const struct ov_id *alert_id = &raise->row.id;
    const struct watchlist_entry *entry = &source->entry;
    (void)snprintf(raise->row.category, sizeof(raise->row.category), "%s", entry->category);
    (void)snprintf(raise->row.response, sizeof(raise->row.response), "%s", entry->response);
    enum ov_status status =
        worker_reseal(copying->list_key, "entry.name", &entry->id, entry->sealed_name, raise->key,
                      "alert.name", alert_id, &raise->name, copying->err);
    if (status == OV_OK)
        status =
            worker_reseal(copying->list_key, "entry.reference", &entry->id, entry->sealed_reference,
                          raise->key, "alert.reference", alert_id, &raise->reference, copying->err);
    if (status == OV_OK)
        status = worker_reseal(copying->list_key, "image.thumbnail", &source->image_id,
                               source->sealed_thumbnail, raise->key, "alert.thumbnail", alert_id,
                               &raise->thumbnail, copying->err);
    return status;
}

static struct store_bytes bytes_of(const struct ov_secret *secret)
{
    return (struct store_bytes){secret->data, secret->size};
}

/* The deployment is live: a list without its key is a fault, not an entry that has been withdrawn.
 */
static enum ov_status load_list_key(struct raise *raise, struct vault_key **ret_key,
                                    struct ov_error *err)
{
    struct ov_error why = OV_ERROR_INIT;
    enum ov_status status = vault_key_load(raise->worker->vault, VAULT_WATCHLIST,
                                           &raise->row.deployment_id, ret_key, &why);
    if (status == OV_ERR_NOT_FOUND)
        return ov_fail(err, OV_ERR_INTERNAL, "alert.list_key",
                       "the watchlist key of a live deployment is not in the vault: put it back");
    return status == OV_OK ? OV_OK : ov_fail(err, why.status, why.code, "%s", why.text);
}

static enum ov_status copy_source(struct raise *raise, struct ov_error *err)
{
    struct vault_key *list_key = NULL;
    const struct ov_probe *probe = probe_of(raise);
    enum ov_status status = load_list_key(raise, &list_key, err);
    if (status != OV_OK)
        return status;
    struct copying copying = {raise, list_key, err};
    forget_sealed(raise);
    status = store_alert_source_get(raise->worker->store, &raise->row.deployment_id,
                                    &raise->row.entry_id, &raise->candidate->image_id, on_source,
                                    &copying, err);
    vault_key_free(list_key);
    if (status == OV_OK)
        status = vault_seal(raise->key, "alert.probe", &raise->row.id, probe->descriptor.data,
                            probe->descriptor.size, &raise->probe, err);
    raise->row.sealed_name = bytes_of(&raise->name);
    raise->row.sealed_reference = bytes_of(&raise->reference);
    raise->row.sealed_thumbnail = bytes_of(&raise->thumbnail);
    raise->row.sealed_probe = bytes_of(&raise->probe);
    return status;
}

static enum ov_status write_event(struct raise *raise, struct ov_error *err)
{
    const struct alert_row *row = &raise->row;
    const struct deployment *deployment = &raise->job->target->deployment;
    struct audit_event *event = audit_event_new("alert.raised", worker_actor(), row->raised_at_us);
    if (event == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "alert.memory", "no memory for an event");
    audit_event_deployment(event, &row->deployment_id);
    audit_event_object(event, "alert", &row->id);
    audit_event_code(event, "kind", deployment_kind_name(deployment->kind));
    audit_event_code(event, "category", row->category);
    audit_event_code(event, "response", row->response);
    audit_event_int(event, "score", audit_score(row->score));
    audit_event_int(event, "threshold", audit_score(row->threshold));
    audit_event_digest(event, "model", deployment->model_digest, OV_DIGEST_BYTES);
    audit_event_id(event, "entry", &row->entry_id);
    audit_event_id(event, "image", &raise->candidate->image_id);
    audit_event_id(event, "site", &row->site_id);
    audit_event_id(event, "run", &row->run_id);
    audit_event_int(event, "sequence", (int64_t)row->sequence);
    audit_event_int(event, "feed_number", row->feed_number);
    audit_event_int(event, "captured_to_received_ms",
                    (row->received_at_us - row->captured_at_us) / OV_US_PER_MS);
    audit_event_int(event, "received_to_raised_ms",
                    (row->raised_at_us - row->received_at_us) / OV_US_PER_MS);
    worker_event_digest(event, "thumbnail", &raise->thumbnail);
    return audit_event_write(raise->worker->store, event, err);
}

/* In the open transaction: whether there is to be an alert. ret_same_id: the alert that this probe
 * has raised already, if any. */
static enum ov_status decide(struct raise *raise, enum raise_outcome *ret,
                             struct ov_id *ret_same_id, struct ov_error *err)
{
    struct store *store = raise->worker->store;
    struct alert_row *row = &raise->row;
    struct deployment deployment;
    enum alert_precedent precedent = PRECEDENT_NONE;
    struct ov_id earlier;
    enum ov_status status =
        store_deployment_get(store, &row->deployment_id, false, &deployment, err);
    if (status == OV_OK)
        status = store_alert_lock_subject(store, &row->deployment_id, &row->entry_id, err);
    row->raised_at_us = ov_clock_utc_us(raise->worker->clock);
    if (status == OV_OK)
        status = store_alert_precedent(store, row,
                                       row->raised_at_us - deployment.cool_down_s * OV_US_PER_S,
                                       &precedent, &earlier, err);
    if (status != OV_OK)
        return status;
    *ret = RAISE_NEW;
    if (precedent == PRECEDENT_SAME_PROBE) {
        *ret_same_id = earlier;
        *ret = ov_id_equal(&earlier, &row->id) ? RAISE_NEW : RAISE_SAME;
    } else if (deployment.state != DEPLOYMENT_LIVE) {
        *ret = RAISE_DROPPED;
    } else if (precedent == PRECEDENT_RECENT) {
        *ret = RAISE_SUPPRESSED;
    }
    return OV_OK;
}

static enum ov_status commit_new(struct raise *raise, struct ov_error *err)
{
    struct store *store = raise->worker->store;
    enum ov_status status = store_alert_insert(store, &raise->row, err);
    if (status == OV_OK)
        status = write_event(raise, err);
    if (status != OV_OK)
        return status;
    raise->may_be_committed = true;
    return store_commit(store, err);
}

/*
 * The alert is there already, from an earlier try of ours or from before a reconnect. It may not be
 * replicated yet; a commit that writes waits for everything before it, so this event does both:
 * says that the probe came again, and makes sure of the alert.
 */
static enum ov_status confirm_same(struct raise *raise, const struct ov_id *alert_id,
                                   struct ov_error *err)
{
    struct audit_event *event =
        audit_event_new("alert.confirmed", worker_actor(), raise->row.raised_at_us);
    if (event == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "alert.memory", "no memory for an event");
    audit_event_deployment(event, &raise->row.deployment_id);
    audit_event_object(event, "alert", alert_id);
    enum ov_status status = audit_event_write(raise->worker->store, event, err);
    return status == OV_OK ? store_commit(raise->worker->store, err) : status;
}

/* In the open transaction, ends it when it returns OV_OK. */
static enum ov_status carry_out(struct raise *raise, enum raise_outcome outcome,
                                const struct ov_id *same_id, struct ov_error *err)
{
    enum ov_status status = OV_OK;
    if (!ov_id_is_zero(same_id)) {
        if (!ov_id_equal(same_id, &raise->row.id))
            raise->may_be_committed = false; /* a resend's alert took the place of ours */
        return confirm_same(raise, same_id, err);
    }
    raise->may_be_committed = false; /* an earlier try of ours would have been found */
    if (outcome != RAISE_NEW) {
        store_rollback(raise->worker->store);
        return OV_OK;
    }
    status = ensure_key(raise, err);
    if (status == OV_OK)
        status = copy_source(raise, err);
    return status == OV_OK ? commit_new(raise, err) : status;
}

/* One transaction. Not found (entry withdrawn, list erased) is an outcome, not an error. */
static enum ov_status attempt(struct raise *raise, enum raise_outcome *ret, struct ov_error *err)
{
    struct ov_id same_id = {{0}};
    enum raise_outcome outcome = RAISE_DROPPED;
    enum ov_status status = store_begin(raise->worker->store, err);
    if (status == OV_OK)
        status = decide(raise, &outcome, &same_id, err);
    if (status == OV_OK)
        status = carry_out(raise, outcome, &same_id, err);
    if (status == OV_ERR_NOT_FOUND && !raise->may_be_committed) {
        store_rollback(raise->worker->store);
        outcome = RAISE_DROPPED;
        status = OV_OK;
    }
    if (status == OV_OK)
        *ret = outcome;
    return status;
}

static void finish(struct raise *raise, bool alert_exists)
{
    struct ov_error err = OV_ERROR_INIT;
    bool orphan = raise->key != NULL && !alert_exists && !raise->may_be_committed;
    store_rollback(raise->worker->store); /* of one given up: its locks must not outlive it */
    vault_key_free(raise->key);
    forget_sealed(raise);
    if (orphan &&
        vault_key_destroy(raise->worker->vault, VAULT_ALERT, &raise->row.id, &err) != OV_OK)
        ov_log_error(OV_LOG_ERROR, "alert", "orphan_key_left", &err);
}

enum ov_status raise_alert(struct alert_worker *worker, const struct match_job *job,
                           const struct candidate *candidate, enum raise_outcome *ret,
                           struct ov_error *err)
{
    struct raise raise = {.worker = worker, .job = job, .candidate = candidate};
    enum raise_outcome outcome = RAISE_DROPPED;
    enum ov_status status = OV_ERR_INTERNAL;
    int hopeless = 0;
    fill_row(&raise);
    for (int tries = 0;; tries++) {
        ov_error_clear(err);
        status = attempt(&raise, &outcome, err);
        if (status == OV_OK)
            break;
        if (tries == 0)
            ov_log_error(OV_LOG_WARNING, "alert", "raise_retry", err);
        if (!worker_may_retry(status) && ++hopeless == HOPELESS_TRIES)
            break;
        if (!worker_wait(worker, tries))
            break;
    }
    finish(&raise, status == OV_OK && outcome == RAISE_NEW);
    if (status == OV_OK)
        *ret = outcome;
    return status;
}
