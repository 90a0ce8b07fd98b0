/* .../watchlist/compare, rounds, review, {entry}/open and {entry}/images/{image}. On a worker's
 * thread. Thumbnails go out to whoever opens one entry, and nowhere else. */
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "server/api/handle_deployments.h"
#include "server/api/handle_watchlist.h"
#include "server/api/json_in.h"
#include "server/api/reply.h"
#include "server/service/approval.h"

static enum ov_status segment_id(struct call *call, size_t segment, const char *code,
                                 struct ov_id *ret, struct ov_error *err)
{
    if (ov_id_parse(call->request->segments[segment], ret) == OV_OK)
        return OV_OK;
    return ov_fail(err, OV_ERR_NOT_FOUND, code, "there is nothing of this id in the watchlist");
}

/* --- look-alikes --- */

enum ov_status handle_watchlist_compare(struct call *call, struct ov_error *err)
{
    struct deployment deployment;
    struct lookalike_progress progress = {0, 0, 0};
    enum ov_status status = json_in_nothing(call->request, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status =
            service_watchlist_compare(call->service, call->actor, &deployment.id, &progress, err);
    if (status != OV_OK)
        return status;
    return reply_json(call->request, 200,
                      json_pack("{sIsIsI}", "compared", (json_int_t)progress.compared, "remaining",
                                (json_int_t)progress.remaining, "pairs",
                                (json_int_t)progress.pairs),
                      err);
}

/* --- opening --- */

static json_t *jpeg_json(const struct ov_secret *jpeg)
{
    char *text = ov_base64_encode(jpeg->data, jpeg->size);
    json_t *json = text != NULL ? json_string(text) : NULL;
    free(text);
    return json;
}

/* Takes both; NULL when memory is out. */
static json_t *array_with(json_t *array, json_t *item)
{
    if (array == NULL || json_array_append_new(array, item) != 0) {
        json_decref(array);
        return NULL;
    }
    return array;
}

static json_t *images_json(const struct watchlist_opened *opened)
{
    json_t *images = json_array();
    for (size_t i = 0; i < opened->image_count; i++) {
        const struct watchlist_image *row = &opened->images[i].row;
        images = array_with(
            images,
            json_pack("{so ss ss so sb si si so so}", "id", reply_id(&row->id), "state",
                      image_state_name(row->state), "source", row->source, "taken_at",
                      reply_time(row->taken_at_us), "old", (int)row->old_image, "eye_distance_px",
                      row->eye_distance_px, "sharpness_milli", row->sharpness_milli, "override",
                      row->override_code[0] != '\0' ? json_string(row->override_code) : json_null(),
                      "jpeg", jpeg_json(&opened->images[i].thumbnail)));
    }
    return images;
}

static json_t *lookalikes_json(const struct watchlist_opened *opened)
{
    json_t *lookalikes = json_array();
    for (size_t i = 0; i < opened->lookalike_count; i++)
        lookalikes = array_with(
            lookalikes, json_pack("{so so}", "entry", reply_id(&opened->lookalikes[i].entry_id),
                                  "score", json_real(opened->lookalikes[i].score_milli / 1000.0)));
    return lookalikes;
}

enum ov_status handle_watchlist_open(struct call *call, struct ov_error *err)
{
    struct ov_id entry_id;
    struct deployment deployment;
    struct watchlist_opened opened;
    enum ov_status status = json_in_nothing(call->request, err);
    if (status == OV_OK)
        status = segment_id(call, 4, "entry.unknown", &entry_id, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = service_watchlist_open(call->service, call->actor, &deployment.id, &entry_id,
                                        &opened, err);
    if (status != OV_OK)
        return status;
    json_t *json = json_pack("{so so so}", "entry", watchlist_view_json(&opened.view), "pictures",
                             images_json(&opened), "look_alikes", lookalikes_json(&opened));
    watchlist_opened_done(&opened);
    return reply_json(call->request, 200, json, err);
}

enum ov_status handle_image_decide(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct json_in_member decision = {"decision", JSON_IN_STRING, true, NULL};
    struct ov_id entry_id;
    struct ov_id image_id;
    struct deployment deployment;
    json_t *root = NULL;
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, &decision, 1, &root, err);
    if (status != OV_OK)
        return status;
    bool accept = strcmp(json_string_value(decision.value), "accept") == 0;
    bool reject = strcmp(json_string_value(decision.value), "reject") == 0;
    json_decref(root);
    if (!accept && !reject) {
        memcpy(request->field, "decision", sizeof("decision"));
        return ov_fail(err, OV_ERR_INVALID, "image.decision",
                       "the decision has to be accept or reject");
    }
    status = segment_id(call, 4, "entry.unknown", &entry_id, err);
    if (status == OV_OK)
        status = segment_id(call, 6, "image.unknown", &image_id, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = service_watchlist_decide_image(call->service, call->actor, &deployment.id,
                                                &entry_id, &image_id, accept, err);
    if (status != OV_OK)
        return status;
    return reply_json(request, 200,
                      json_pack("{so ss}", "id", reply_id(&image_id), "state",
                                image_state_name(accept ? IMAGE_ACCEPTED : IMAGE_REJECTED)),
                      err);
}

/* --- rounds --- */

static json_t *round_json(const struct round *round)
{
    return json_pack("{so ss sI sI sI sI}", "id", reply_id(&round->id), "state",
                     round->approved ? "approved" : "open", "entries", (json_int_t)round->entries,
                     "flagged", (json_int_t)round->flagged, "sampled", (json_int_t)round->sampled,
                     "opened", (json_int_t)round->opened);
}

enum ov_status handle_round_draw(struct call *call, struct ov_error *err)
{
    struct deployment deployment;
    struct round round;
    enum ov_status status = json_in_nothing(call->request, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = service_round_draw(call->service, call->actor, &deployment.id, &round, err);
    return status == OV_OK ? reply_json(call->request, 201, round_json(&round), err) : status;
}

static enum ov_status on_to_open(void *ctx, const struct ov_id *entry_id)
{
    return json_array_append_new(ctx, reply_id(entry_id)) == 0 ? OV_OK : OV_ERR_NOMEM;
}

enum ov_status handle_round_get(struct call *call, struct ov_error *err)
{
    struct ov_id round_id;
    struct deployment deployment;
    struct round round;
    json_t *to_open = json_array();
    enum ov_status status = segment_id(call, 5, "round.unknown", &round_id, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = service_round_get(call->service, call->actor, &deployment.id, &round_id,
                                   on_to_open, to_open, &round, err);
    if (status != OV_OK) {
        json_decref(to_open);
        return status;
    }
    json_t *json = round_json(&round);
    if (json == NULL || json_object_set_new(json, "to_open", to_open) != 0) {
        json_decref(json);
        json = NULL;
    }
    return reply_json(call->request, 200, json, err);
}

enum ov_status handle_round_approve(struct call *call, struct ov_error *err)
{
    struct ov_id round_id;
    struct deployment deployment;
    struct round round;
    int64_t approved = 0;
    enum ov_status status = json_in_nothing(call->request, err);
    if (status == OV_OK)
        status = segment_id(call, 5, "round.unknown", &round_id, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = service_round_approve(call->service, call->actor, &deployment.id, &round_id,
                                       &round, &approved, err);
    if (status != OV_OK)
        return status;
    return reply_json(call->request, 200,
                      json_pack("{sI sI sI sI}", "approved", (json_int_t)approved, "flagged",
                                (json_int_t)round.flagged, "sampled", (json_int_t)round.sampled,
                                "opened", (json_int_t)round.opened),
                      err);
}

/* --- review --- */

static json_t *review_row_json(const struct review_row *row)
{
    bool listed = row->images != REVIEW_NOT_LISTED;
    return json_pack(
        "{so ss ss sb so sb}", "id", reply_id(&row->id), "category", row->category, "change",
        row->state == ENTRY_APPROVED ? "added" : entry_state_name(row->state), "relisted",
        (int)listed, "images", listed ? json_string(review_images_name(row->images)) : json_null(),
        "other_reference", (int)row->other_reference);
}

static json_t *review_json(const struct review *review)
{
    const struct review_figures *figures = &review->figures;
    const struct review_relisted *relisted = &review->relisted;
    json_t *rows = json_array();
    for (size_t i = 0; i < review->row_count; i++)
        rows = array_with(rows, review_row_json(&review->rows[i]));
    return json_pack(
        "{sI sI sI sI sI sI sI sI sI sI sI sI sI so so sI}", "list_version",
        (json_int_t)figures->list_version, "approved", (json_int_t)figures->approved, "blue_list",
        (json_int_t)figures->blue_list, "added", (json_int_t)figures->added, "removed",
        (json_int_t)figures->removed, "expired", (json_int_t)figures->expired, "relisted",
        (json_int_t)relisted->all, "relisted_same_images", (json_int_t)relisted->same_images,
        "relisted_new_images", (json_int_t)relisted->new_images, "relisted_images_unknown",
        (json_int_t)relisted->images_unknown, "other_reference",
        (json_int_t)relisted->other_reference, "lists_compared",
        (json_int_t)relisted->lists_compared, "lists_not_compared",
        (json_int_t)relisted->lists_not_compared, "last_review_at", reply_time(figures->last_at_us),
        "changes", rows, "not_shown", (json_int_t)review->not_shown);
}

enum ov_status handle_review_show(struct call *call, struct ov_error *err)
{
    struct deployment deployment;
    struct review *review = calloc(1, sizeof(*review));
    if (review == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    enum ov_status status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = service_review_show(call->service, call->actor, &deployment.id, review, err);
    if (status == OV_OK)
        status = reply_json(call->request, 200, review_json(review), err);
    free(review);
    return status;
}

enum ov_status handle_review_confirm(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct json_in_member version = {"list_version", JSON_IN_INTEGER, true, NULL};
    struct deployment deployment;
    json_t *root = NULL;
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, &version, 1, &root, err);
    if (status != OV_OK)
        return status;
    int64_t list_version = json_integer_value(version.value);
    json_decref(root);
    struct review *review = calloc(1, sizeof(*review));
    if (review == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = service_review_confirm(call->service, call->actor, &deployment.id, list_version,
                                        review, err);
    if (status == OV_OK)
        status = reply_json(request, 200, review_json(review), err);
    free(review);
    return status;
}
