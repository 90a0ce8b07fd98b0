/* Takes what is queued, groups it by deployment, searches each group once, hands every job on. */
#include "server/match/matcher.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/queue.h"
#include "common/base/secret.h"
#include "common/face/face.h"
#include "server/match/faiss_index.h"

#define JOBS_PER_ROUND 16u /* at most 1,024 probes in one search */

struct matchers {
    struct matchers_options options;
    struct ov_queue *queue;
    pthread_t *threads;
    int started;
};

const char *match_outcome_name(enum match_outcome outcome)
{
    switch (outcome) {
    case MATCH_WAITING:
        return "waiting";
    case MATCH_COMPARED:
        return "compared";
    case MATCH_NOT_LIVE:
        return "not_live";
    case MATCH_FAILED:
        return "failed";
    }
    return "unknown";
}

struct match_job *match_job_new(void)
{
    return calloc(1, sizeof(struct match_job));
}

void match_job_free(struct match_job *job)
{
    if (job == NULL)
        return;
    ov_probe_batch_done(&job->batch);
    candidate_list_free(&job->candidates);
    target_release(job->target);
    free(job);
}

/* The jobs of one deployment in a round, and their descriptors as one matrix. */
struct group {
    struct match_job *jobs[JOBS_PER_ROUND];
    size_t count;
    size_t probes;
    struct target *target;
};

static enum ov_status gather(const struct group *group, size_t row_bytes,
                             struct ov_secret *ret_queries)
{
    struct ov_secret queries = OV_SECRET_INIT;
    if (ov_secret_new(&queries, group->probes * row_bytes) != OV_OK)
        return OV_ERR_NOMEM;
    size_t at = 0;
    for (size_t j = 0; j < group->count; j++) {
        const struct ov_probe_batch *batch = &group->jobs[j]->batch;
        for (size_t i = 0; i < batch->count; i++) {
            if (batch->probes[i].descriptor.size != row_bytes) {
                ov_secret_free(&queries);
                return OV_ERR_INVALID;
            }
            memcpy(queries.data + at, batch->probes[i].descriptor.data, row_bytes);
            at += row_bytes;
        }
    }
    *ret_queries = queries;
    return OV_OK;
}

/* The other way: from now on the jobs hold their descriptors as they were searched, too. */
static void scatter(const struct group *group, size_t row_bytes, const struct ov_secret *queries)
{
    size_t at = 0;
    for (size_t j = 0; j < group->count; j++) {
        struct ov_probe_batch *batch = &group->jobs[j]->batch;
        for (size_t i = 0; i < batch->count; i++) {
            memcpy(batch->probes[i].descriptor.data, queries->data + at, row_bytes);
            at += row_bytes;
        }
    }
}

/* Copies the candidates with first <= query < first + probes of the job, counted from 0. */
static enum ov_status give_candidates(struct match_job *job, const struct candidate_list *found,
                                      size_t first, size_t *next)
{
    size_t from = *next;
    size_t to = from;
    while (to < found->count && found->items[to].query < first + job->batch.count)
        to++;
    *next = to;
    if (to == from)
        return OV_OK;
    job->candidates.items = ov_wiping_malloc((to - from) * sizeof(*job->candidates.items));
    if (job->candidates.items == NULL)
        return OV_ERR_NOMEM;
    job->candidates.count = to - from;
    for (size_t i = from; i < to; i++) {
        job->candidates.items[i - from] = found->items[i];
        job->candidates.items[i - from].query -= first;
    }
    return OV_OK;
}

/* No match, no trace: of a probe without a candidate nothing is left but its sequence and camera,
 * which go with the job once it is acknowledged. */
static void wipe_unmatched(struct match_job *job)
{
    bool matched[OV_BATCH_PROBES_MAX] = {false};
    for (size_t i = 0; i < job->candidates.count; i++)
        matched[job->candidates.items[i].query] = true;
    for (size_t i = 0; i < job->batch.count; i++)
        if (!matched[i])
            ov_secret_free(&job->batch.probes[i].descriptor);
}

static void conclude(struct matchers *matchers, struct match_job *job, enum match_outcome outcome)
{
    job->outcome = outcome;
    wipe_unmatched(job);
    if (outcome == MATCH_COMPARED) {
        struct tally_step step = {.probes_compared = (uint32_t)job->batch.count};
        tally_add(matchers->options.tally, &job->deployment_id, &job->site_id, &step);
    }
    matchers->options.on_matched(matchers->options.ctx, job);
}

static enum ov_status search_group(struct group *group, struct candidate_list *ret_found,
                                   struct ov_error *err)
{
    const struct gallery *gallery = group->target->gallery;
    struct ov_secret queries = OV_SECRET_INIT;
    size_t row_bytes = (size_t)gallery_dimension(gallery) * sizeof(float);
    if (gather(group, row_bytes, &queries) != OV_OK)
        return ov_fail(err, OV_ERR_INTERNAL, "match.gather", "%zu probes could not be gathered",
                       group->probes);
    enum ov_status status = OV_OK;
    if (gallery_rotation(gallery) != NULL) {
        /* Nothing is done with a descriptor before this, and nothing keeps it as it came. */
        status = rotation_turn(gallery_rotation(gallery), &queries, err);
        if (status == OV_OK)
            scatter(group, row_bytes, &queries);
    }
    if (status == OV_OK)
        status = gallery_search(gallery, (const float *)(const void *)queries.data, group->probes,
                                group->target->deployment.threshold, ret_found, err);
    ov_secret_free(&queries);
    return status;
}

static void search_live(struct matchers *matchers, struct group *group)
{
    struct ov_error err = OV_ERROR_INIT;
    struct candidate_list found = {NULL, 0};
    enum ov_status status = search_group(group, &found, &err);
    if (status != OV_OK)
        ov_log_error(OV_LOG_ERROR, "match", "search_failed", &err);
    size_t first = 0;
    size_t next = 0;
    for (size_t j = 0; j < group->count; j++) {
        struct match_job *job = group->jobs[j];
        size_t probes = job->batch.count;
        enum match_outcome outcome = MATCH_FAILED;
        if (status == OV_OK && give_candidates(job, &found, first, &next) == OV_OK) {
            job->target = target_retain(group->target);
            outcome = MATCH_COMPARED;
        }
        first += probes;
        conclude(matchers, job, outcome);
    }
    candidate_list_free(&found);
}

/* Authority was judged at receipt. What has changed since then counts too: the state, the window,
 * and how long ago the database last confirmed either. */
static bool may_search(const struct matchers *matchers, const struct target *target)
{
    return target != NULL && target_is_live(target, ov_clock_utc_us(matchers->options.clock)) &&
           registry_unconfirmed_us(matchers->options.registry) <= REGISTRY_SEARCH_LIMIT_US;
}

static void run_group(struct matchers *matchers, struct group *group)
{
    group->target = registry_get(matchers->options.registry, &group->jobs[0]->deployment_id);
    if (may_search(matchers, group->target)) {
        search_live(matchers, group);
    } else {
        for (size_t j = 0; j < group->count; j++)
            conclude(matchers, group->jobs[j], MATCH_NOT_LIVE);
    }
    target_release(group->target);
}

static void run_round(struct matchers *matchers, struct match_job **jobs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (jobs[i] == NULL)
            continue;
        struct group group = {.count = 0};
        struct ov_id deployment_id = jobs[i]->deployment_id;
        for (size_t j = i; j < count; j++) {
            if (jobs[j] == NULL || !ov_id_equal(&jobs[j]->deployment_id, &deployment_id))
                continue;
            group.probes += jobs[j]->batch.count;
            group.jobs[group.count++] = jobs[j];
            jobs[j] = NULL;
        }
        run_group(matchers, &group);
    }
}

static void *matcher_main(void *arg)
{
    struct matchers *matchers = arg;
    void *items[JOBS_PER_ROUND];
    size_t count = 0;
    faiss_thread_init();
    ov_face_thread_init(); /* the same floating-point mode wherever scores are computed */
    while (ov_queue_pop_many(matchers->queue, OV_WAIT_FOREVER, JOBS_PER_ROUND, items, &count) ==
           OV_OK) {
        struct match_job *jobs[JOBS_PER_ROUND];
        for (size_t i = 0; i < count; i++)
            jobs[i] = items[i];
        run_round(matchers, jobs, count);
    }
    return NULL;
}

/* False when one of them could not be started. */
static bool start_threads(struct matchers *matchers)
{
    if (matchers->queue == NULL || matchers->threads == NULL)
        return false;
    while (matchers->started < matchers->options.threads) {
        if (pthread_create(&matchers->threads[matchers->started], NULL, matcher_main, matchers) !=
            0)
            return false;
        matchers->started++;
    }
    return true;
}

enum ov_status matchers_start(const struct matchers_options *options,
                              struct matchers **ret_matchers, struct ov_error *err)
{
    struct matchers *matchers = calloc(1, sizeof(*matchers));
    if (matchers == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "match.memory", "no memory for the matchers");
    matchers->options = *options;
    matchers->queue = ov_queue_new(options->queue_capacity);
    matchers->threads = calloc((size_t)options->threads, sizeof(*matchers->threads));
    if (!start_threads(matchers)) {
        matchers_stop(matchers);
        return ov_fail(err, OV_ERR_NOMEM, "match.threads", "cannot start %d matchers",
                       options->threads);
    }
    *ret_matchers = matchers;
    return OV_OK;
}

enum ov_status matchers_submit(struct matchers *matchers, struct match_job *job)
{
    return ov_queue_push(matchers->queue, job, 0);
}

static void free_job(void *job)
{
    match_job_free(job);
}

void matchers_stop(struct matchers *matchers)
{
    if (matchers == NULL)
        return;
    if (matchers->queue != NULL)
        ov_queue_close(matchers->queue);
    for (int i = 0; i < matchers->started; i++)
        (void)pthread_join(matchers->threads[i], NULL);
    ov_queue_free(matchers->queue, free_job);
    free(matchers->threads);
    free(matchers);
}
