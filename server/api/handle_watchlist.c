/* /v1/deployments/{deployment}/watchlist. On a worker's thread. Names and references come in a
 * header that is never logged, and go out in bodies only. */
#include <stdio.h>
#include <string.h>

#include "server/api/handle_deployments.h"
#include "server/api/handle_watchlist.h"
#include "server/api/json_in.h"
#include "server/api/reply.h"
#include "server/service/watchlist.h"

/* Of the JSON in Overt-Entry: two texts of 200 bytes and one of 2,000, escaped at worst two-fold,
 * and codes. */
#define ENTRY_HEADER_MAX_BYTES 12288
#define LIMIT_MAX 500
#define LIMIT_DEFAULT 100

static json_t *secret_text(const struct ov_secret *secret)
{
    return secret->size > 0 ? json_stringn((const char *)secret->data, secret->size)
                            : json_string("");
}

/* --- adding --- */

/* The members of Overt-Entry. */
enum {
    IN_VERSION,
    IN_CATEGORY,
    IN_RESPONSE,
    IN_NAME,
    IN_REFERENCE,
    IN_PRIORITY,
    IN_JUSTIFICATION,
    IN_LEGAL_BASIS,
    IN_IMAGE_SOURCE,
    IN_IMAGE_DATE,
    IN_BIRTH_DATE,
    IN_EXPIRY,
    IN_CONSENT_DIGEST,
    IN_OVERRIDE,
    IN_COUNT
};

#define ENTRY_VERSION 1

static const struct json_in_member entry_members[IN_COUNT] = {
    [IN_VERSION] = {"v", JSON_IN_INTEGER, false, NULL},
    [IN_CATEGORY] = {"category", JSON_IN_STRING, true, NULL},
    [IN_RESPONSE] = {"response", JSON_IN_STRING, true, NULL},
    [IN_NAME] = {"name", JSON_IN_STRING, true, NULL},
    [IN_REFERENCE] = {"reference", JSON_IN_STRING, true, NULL},
    [IN_PRIORITY] = {"priority", JSON_IN_STRING, false, NULL},
    [IN_JUSTIFICATION] = {"justification", JSON_IN_STRING, false, NULL},
    [IN_LEGAL_BASIS] = {"legal_basis", JSON_IN_STRING, false, NULL},
    [IN_IMAGE_SOURCE] = {"image_source", JSON_IN_STRING, false, NULL},
    [IN_IMAGE_DATE] = {"image_date", JSON_IN_STRING, false, NULL},
    [IN_BIRTH_DATE] = {"birth_date", JSON_IN_STRING, false, NULL},
    [IN_EXPIRY] = {"expiry", JSON_IN_STRING, false, NULL},
    [IN_CONSENT_DIGEST] = {"consent_digest", JSON_IN_STRING, false, NULL},
    [IN_OVERRIDE] = {"override", JSON_IN_STRING, false, NULL},
};

/* "watchlist.FIELD" is about that member. */
static void name_field(struct request *request, const struct ov_error *err)
{
    static const char family[] = "watchlist.";
    if (strncmp(err->code, family, strlen(family)) != 0)
        return;
    for (size_t i = 0; i < IN_COUNT; i++) {
        if (strcmp(err->code + strlen(family), entry_members[i].name) == 0)
            (void)snprintf(request->field, sizeof(request->field), "%s", entry_members[i].name);
    }
}

static enum ov_status propose(struct call *call, const struct json_in_member *members,
                              struct watchlist_added *ret, struct ov_error *err)
{
    struct deployment deployment;
    if (members[IN_VERSION].value != NULL &&
        json_integer_value(members[IN_VERSION].value) != ENTRY_VERSION)
        return ov_fail(err, OV_ERR_INVALID, "request.version",
                       "this server takes version %d of the entry's description", ENTRY_VERSION);
    enum ov_status status = deployment_of_path(call, &deployment, err);
    if (status != OV_OK)
        return status;
    struct watchlist_proposal proposal = {
        .category = json_string_value(members[IN_CATEGORY].value),
        .response = json_string_value(members[IN_RESPONSE].value),
        .name = json_string_value(members[IN_NAME].value),
        .reference = json_string_value(members[IN_REFERENCE].value),
        .jpeg = call->request->body.data,
        .jpeg_bytes = call->request->body.size,
        .priority = json_string_value(members[IN_PRIORITY].value),
        .justification = json_string_value(members[IN_JUSTIFICATION].value),
        .legal_basis = json_string_value(members[IN_LEGAL_BASIS].value),
        .image_source = json_string_value(members[IN_IMAGE_SOURCE].value),
        .image_date = json_string_value(members[IN_IMAGE_DATE].value),
        .birth_date = json_string_value(members[IN_BIRTH_DATE].value),
        .expiry = json_string_value(members[IN_EXPIRY].value),
        .consent_digest = json_string_value(members[IN_CONSENT_DIGEST].value),
        .override = json_string_value(members[IN_OVERRIDE].value)};
    status =
        service_watchlist_propose(call->service, call->actor, &deployment.id, &proposal, ret, err);
    if (status != OV_OK)
        name_field(call->request, err);
    return status;
}

enum ov_status handle_watchlist_add(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    if (request->entry_header.size == 0)
        return ov_fail(err, OV_ERR_INVALID, "request.entry_header",
                       "the Overt-Entry header is missing; it holds the entry's description");
    struct ov_secret text = OV_SECRET_INIT;
    enum ov_status status = request_base64url((const char *)request->entry_header.data,
                                              ENTRY_HEADER_MAX_BYTES, &text, err);
    if (status != OV_OK)
        return status;
    struct json_in_member members[IN_COUNT];
    memcpy(members, entry_members, sizeof(members));
    json_t *root = NULL;
    struct watchlist_added added;
    status = json_in_read(request, text.data, text.size, members, IN_COUNT, &root, err);
    if (status == OV_OK)
        status = propose(call, members, &added, err);
    json_decref(root);
    ov_secret_free(&text);
    if (status != OV_OK)
        return status;
    json_t *said = json_pack("{sosssisb}", "id", reply_id(&added.entry_id), "state",
                             entry_state_name(added.state), "images", added.images, "image_pending",
                             (int)added.pending);
    if (added.is_same && said != NULL && json_object_set_new(said, "already", json_true()) != 0) {
        json_decref(said);
        said = NULL;
    }
    return reply_json(request, added.is_same ? 200 : 201, said, err);
}

/* --- listing --- */

struct listing {
    json_t *entries;
    struct ov_id ids[LIMIT_MAX][2]; /* who added and approved each: names are looked up later */
    struct ov_id last;
    int count;
};

/* Why an approver has to look: what is known without a comparison. */
static json_t *flags_json(const struct watchlist_entry *entry)
{
    json_t *flags = json_array();
    const struct {
        bool set;
        const char *name;
    } known[] = {{entry->under_18, "under_18"},
                 {entry->birth_unknown, "birth_unknown"},
                 {entry->old_image, "old_image"},
                 {entry->overridden, "override"}};
    for (size_t i = 0; flags != NULL && i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].set && json_array_append_new(flags, json_string(known[i].name)) != 0) {
            json_decref(flags);
            return NULL;
        }
    }
    return flags;
}

static json_t *optional_secret(const struct ov_secret *secret)
{
    return secret->size > 0 ? secret_text(secret) : json_null();
}

json_t *watchlist_view_json(const struct watchlist_view *view)
{
    const struct watchlist_entry *entry = &view->entry;
    return json_pack("{so ss ss ss si si so so so si ss so so so so}", "id", reply_id(&entry->id),
                     "category", entry->category, "response", entry->response, "state",
                     entry_state_name(entry->state), "images", entry->image_count, "images_pending",
                     entry->images_pending, "added_at", reply_time(entry->added_at_us), "name",
                     secret_text(&view->name), "reference", secret_text(&view->reference),
                     "priority", entry->priority, "legal_basis", entry->legal_basis,
                     "justification", optional_secret(&view->justification), "birth_date",
                     optional_secret(&view->birth_date), "expires_at",
                     reply_time(entry->expires_at_us), "flags", flags_json(entry));
}

static enum ov_status on_view(void *ctx, const struct watchlist_view *view)
{
    struct listing *listing = ctx;
    const struct watchlist_entry *entry = &view->entry;
    json_t *json = watchlist_view_json(view);
    if (listing->count == LIMIT_MAX || json_array_append_new(listing->entries, json) != 0)
        return OV_ERR_NOMEM;
    listing->ids[listing->count][0] = entry->added_by;
    listing->ids[listing->count][1] = entry->approved_by;
    listing->last = entry->id;
    listing->count++;
    return OV_OK;
}

static enum ov_status add_people(struct call *call, struct listing *listing, struct ov_error *err)
{
    struct names names;
    enum ov_status status = OV_OK;
    names_init(&names, call);
    for (int i = 0; i < listing->count && status == OV_OK; i++) {
        json_t *entry = json_array_get(listing->entries, (size_t)i);
        if (json_object_set_new(entry, "added_by",
                                names_principal(&names, &listing->ids[i][0], err)) != 0 ||
            json_object_set_new(entry, "approved_by",
                                names_principal(&names, &listing->ids[i][1], err)) != 0)
            status = err->status != OV_OK ? err->status : OV_ERR_NOMEM;
    }
    names_done(&names);
    return status;
}

static enum ov_status read_page(struct call *call, const struct ov_id **ret_after,
                                struct ov_id *after, int64_t *ret_limit, struct ov_error *err)
{
    static const char *const parameters[] = {"after", "limit", NULL};
    struct request *request = call->request;
    enum ov_status status = request_check_query(request, parameters, err);
    if (status == OV_OK)
        status = request_query_i64(request, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT, ret_limit, err);
    if (status != OV_OK)
        return status;
    const char *text = request_query_value(request, "after");
    *ret_after = text != NULL ? after : NULL;
    if (text != NULL && ov_id_parse(text, after) != OV_OK) {
        memcpy(request->field, "after", sizeof("after"));
        return ov_fail(err, OV_ERR_INVALID, "request.parameter",
                       "after has to be the id that the last page gave as next");
    }
    return OV_OK;
}

enum ov_status handle_watchlist_list(struct call *call, struct ov_error *err)
{
    struct ov_id after_id;
    const struct ov_id *after = NULL;
    int64_t limit = 0;
    struct deployment deployment;
    enum ov_status status = read_page(call, &after, &after_id, &limit, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status != OV_OK)
        return status;
    struct listing listing = {.entries = json_array()};
    status = service_watchlist_each(call->service, call->actor, &deployment.id, after, (int)limit,
                                    on_view, &listing, err);
    if (status == OV_OK)
        status = add_people(call, &listing, err);
    if (status != OV_OK) {
        json_decref(listing.entries);
        return status;
    }
    json_t *next = listing.count == limit ? reply_id(&listing.last) : json_null();
    return reply_json(call->request, 200,
                      json_pack("{soso}", "entries", listing.entries, "next", next), err);
}

/* --- approving and withdrawing --- */

static enum ov_status parse_entry(const char *text, struct ov_id *ret, struct ov_error *err)
{
    if (ov_id_parse(text, ret) == OV_OK)
        return OV_OK;
    return ov_fail(err, OV_ERR_NOT_FOUND, "entry.unknown",
                   "the watchlist has no such entry; list it to see which there are");
}

enum ov_status handle_watchlist_approve(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct json_in_member entry = {"entry", JSON_IN_STRING, true, NULL};
    struct ov_id entry_id;
    struct deployment deployment;
    json_t *root = NULL;
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, &entry, 1, &root, err);
    if (status != OV_OK)
        return status;
    status = parse_entry(json_string_value(entry.value), &entry_id, err);
    json_decref(root);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status =
            service_watchlist_approve(call->service, call->actor, &deployment.id, &entry_id, err);
    return status == OV_OK ? reply_json(request, 200, json_pack("{si}", "approved", 1), err)
                           : status;
}

enum ov_status handle_watchlist_remove(struct call *call, struct ov_error *err)
{
    struct ov_id entry_id;
    struct deployment deployment;
    enum ov_status status = parse_entry(call->request->segments[4], &entry_id, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status =
            service_watchlist_remove(call->service, call->actor, &deployment.id, &entry_id, err);
    if (status == OV_OK)
        reply_empty(call->request);
    return status;
}
