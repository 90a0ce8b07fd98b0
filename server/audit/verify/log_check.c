/* One pass over the events, with all checkpoints at hand. One thread. */
#include "server/audit/verify/log_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "server/audit/verify/body.h"

#define UNSEALED_MAX_US (INT64_C(60) * 1000 * 1000)
#define PROGRESS_EVERY 50000

/* What the tree has to be at one size. */
struct mark {
    struct checkpoint checkpoint;
    const char *whence; /* NULL: stored with the record */
};

struct log_check {
    struct log_check_options options;
    struct mark *marks;
    size_t mark_count;
    size_t mark_capacity;
    size_t next; /* the first mark that is not reached yet */
    struct tree_edge edge;
    uint64_t signed_size; /* the largest at which the tree was the signed one */
    bool differs;         /* from a checkpoint, stored or brought along */
    bool is_told;         /* a root was another one; so are all later ones, untold */
    struct log_check_result result;
    struct ov_error *err;
};

enum ov_status log_check_new(const struct log_check_options *options, struct log_check **ret,
                             struct ov_error *err)
{
    struct log_check *check = calloc(1, sizeof(*check));
    if (check == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    check->options = *options;
    *ret = check;
    return OV_OK;
}

void log_check_free(struct log_check *check)
{
    if (check == NULL)
        return;
    free(check->marks);
    ov_buf_free(&check->result.newest);
    free(check);
}

/* --- checkpoints --- */

static enum ov_status add_mark(struct log_check *check, const struct checkpoint *checkpoint,
                               const char *whence, struct ov_error *err)
{
    if (check->mark_count == check->mark_capacity) {
        size_t capacity = check->mark_capacity * 2 + 64;
        struct mark *marks = reallocarray(check->marks, capacity, sizeof(*marks));
        if (marks == NULL)
            return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
        check->marks = marks;
        check->mark_capacity = capacity;
    }
    check->marks[check->mark_count++] = (struct mark){*checkpoint, whence};
    return OV_OK;
}

enum ov_status log_check_since(struct log_check *check, const char *whence, const char *note,
                               size_t size, struct ov_error *err)
{
    struct checkpoint checkpoint;
    struct ov_error why = OV_ERROR_INIT;
    if (checkpoint_open(note, size, check->options.key, &checkpoint, &why) != OV_OK) {
        findings_add(check->options.findings, why.code, FINDINGS_NOWHERE, "the %s checkpoint: %s",
                     whence, why.text);
        check->differs = true;
        return OV_OK;
    }
    return add_mark(check, &checkpoint, whence, err);
}

static enum ov_status keep_newest(struct log_check *check, const struct checkpoint *checkpoint,
                                  const char *note, size_t size)
{
    struct log_check_result *result = &check->result;
    ov_buf_free(&result->newest);
    ov_buf_append(&result->newest, note, size);
    result->head = *checkpoint;
    return result->newest.failed ? ov_fail(check->err, OV_ERR_NOMEM, "memory", "out of memory")
                                 : OV_OK;
}

static enum ov_status on_note(void *ctx, uint64_t size, const char *note, size_t note_size)
{
    struct log_check *check = ctx;
    struct checkpoint checkpoint;
    struct ov_error why = OV_ERROR_INIT;
    if (checkpoint_open(note, note_size, check->options.key, &checkpoint, &why) != OV_OK) {
        findings_add(check->options.findings, why.code, FINDINGS_NOWHERE,
                     "the checkpoint of %" PRIu64 " events: %s", size, why.text);
        return OV_OK;
    }
    if (checkpoint.size != size) {
        findings_add(check->options.findings, "checkpoint.size", FINDINGS_NOWHERE,
                     "what is stored as the checkpoint of %" PRIu64 " events is that of %" PRIu64,
                     size, checkpoint.size);
        return OV_OK;
    }
    check->result.checkpoints++;
    enum ov_status status = keep_newest(check, &checkpoint, note, note_size);
    return status == OV_OK ? add_mark(check, &checkpoint, NULL, check->err) : status;
}

static int by_size(const void *a, const void *b)
{
    const struct mark *left = a;
    const struct mark *right = b;
    return (left->checkpoint.size > right->checkpoint.size) -
           (left->checkpoint.size < right->checkpoint.size);
}

/* --- the tree against the checkpoints --- */

static void compare(struct log_check *check, const struct mark *mark)
{
    struct findings *findings = check->options.findings;
    struct tree_hash root = tree_root(&check->edge);
    uint64_t from = check->signed_size;
    uint64_t to = mark->checkpoint.size;
    if (tree_hash_equal(&root, &mark->checkpoint.root)) {
        check->signed_size = to;
        return;
    }
    check->differs = true;
    if (mark->whence != NULL) {
        findings_add(findings, "log.rewritten", from,
                     "the first %" PRIu64 " events are not those of the %s checkpoint: something "
                     "from event %" PRIu64 " on was changed, added or removed since",
                     to, mark->whence, from);
        return;
    }
    if (!check->is_told)
        findings_add(findings, "log.root", from,
                     "events %" PRIu64 " to %" PRIu64 " are not those that were signed: at least "
                     "one of them was changed, added, removed or moved",
                     from, to - 1);
    check->is_told = true;
}

static void compare_reached(struct log_check *check)
{
    while (check->next < check->mark_count &&
           check->marks[check->next].checkpoint.size <= check->edge.size) {
        const struct mark *mark = &check->marks[check->next++];
        if (mark->checkpoint.size == check->edge.size)
            compare(check, mark);
    }
}

/* --- events --- */

static void check_body(struct log_check *check, uint64_t at, const struct source_event *event)
{
    struct findings *findings = check->options.findings;
    struct ov_id id;
    json_t *body = body_parse(event->body, event->size);
    if (body == NULL)
        findings_add(findings, "event.form", at, "its body is not in the canonical form");
    if (!body_id(body, &id) || !ov_id_equal(&id, &event->id))
        findings_add(findings, "event.id", at,
                     "the id in its body is not the one it is stored under");
    json_decref(body);
}

static void on_unsealed(struct log_check *check, const struct source_event *event)
{
    char text[OV_ID_TEXT_SIZE];
    int64_t at_us = 0;
    json_t *body = body_parse(event->body, event->size);
    check->result.unsealed++;
    if (!body_time(body, &at_us) || check->options.now_us - at_us > UNSEALED_MAX_US)
        findings_add(check->options.findings, "event.unsealed", FINDINGS_NOWHERE,
                     "the event %s is not in the log, and is older than a minute",
                     ov_id_format(&event->id, text));
    json_decref(body);
    check_body(check, FINDINGS_NOWHERE, event);
}

/* Places that nothing has: the tree goes on without them and is then another one. */
static void check_place(struct log_check *check, const struct source_event *event)
{
    uint64_t wanted = check->result.events;
    if (event->index == wanted)
        return;
    if (event->index > wanted)
        findings_add(check->options.findings, "log.gap", wanted,
                     "nothing has the places %" PRIu64 " to %" PRIu64, wanted, event->index - 1);
    else
        findings_add(check->options.findings, "log.place", event->index,
                     "the place is taken more than once");
}

static enum ov_status on_event(void *ctx, const struct source_event *event)
{
    struct log_check *check = ctx;
    const struct log_check_options *options = &check->options;
    if (!event->has_place) {
        on_unsealed(check, event);
        return OV_OK;
    }
    check_place(check, event);
    if (!event->has_body) {
        findings_add(options->findings, "event.missing", event->index,
                     "it is in the log, and no longer in the record");
    } else {
        struct tree_hash leaf = tree_leaf(event->body, event->size);
        if (!tree_hash_equal(&leaf, &event->leaf))
            findings_add(options->findings, "event.changed", event->index,
                         "it is not the event that is in the log");
        else
            check_body(check, event->index, event);
    }
    tree_append(&check->edge, &event->leaf, NULL, NULL);
    check->result.events++;
    compare_reached(check);
    if (options->on_progress != NULL && check->result.events % PROGRESS_EVERY == 0)
        options->on_progress(options->ctx, check->result.events);
    return OV_OK;
}

/* --- the whole --- */

/* What the record itself says that it has. */
static void check_count(struct log_check *check)
{
    const struct source *source = check->options.source;
    uint64_t said = source->count != NULL ? source->count(source->ctx) : check->result.events;
    if (said != check->result.events)
        findings_add(check->options.findings, "log.count", check->result.events,
                     "the log says that it has %" PRIu64 " events; there are %" PRIu64, said,
                     check->result.events);
    check->differs = check->differs || said > check->result.events;
}

/* What is behind the last event, and behind the last checkpoint. */
static void check_end(struct log_check *check)
{
    struct findings *findings = check->options.findings;
    const struct log_check_result *result = &check->result;
    for (size_t i = check->next; i < check->mark_count; i++) {
        const struct mark *mark = &check->marks[i];
        check->differs = true;
        findings_add(findings, "log.truncated", result->events,
                     "the %s checkpoint covers %" PRIu64 " events; there are %" PRIu64,
                     mark->whence != NULL ? mark->whence : "stored", mark->checkpoint.size,
                     result->events);
    }
    if (result->checkpoints == 0 && result->events + result->unsealed > 0)
        findings_add(findings, "log.no_checkpoint", FINDINGS_NOWHERE,
                     "no checkpoint of this key covers anything");
    else if (result->events > result->head.size)
        findings_add(findings, "log.unsigned", result->head.size,
                     "the events from here on have places, but no checkpoint covers them");
}

enum ov_status log_check_run(struct log_check *check, struct log_check_result *ret,
                             struct ov_error *err)
{
    const struct source *source = check->options.source;
    check->err = err;
    enum ov_status status = source->each_checkpoint(source->ctx, on_note, check, err);
    if (status != OV_OK)
        return status;
    if (check->mark_count > 0)
        qsort(check->marks, check->mark_count, sizeof(check->marks[0]), by_size);
    compare_reached(check);
    status = source->each_event(source->ctx, on_event, check, err);
    if (status != OV_OK)
        return status;
    check_end(check);
    check_count(check);
    check->result.holds = !check->differs && check->result.checkpoints > 0;
    *ret = check->result;
    check->result.newest = (struct ov_buf)OV_BUF_INIT;
    return OV_OK;
}
