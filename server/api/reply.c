/* Replies. The bytes are in secret memory: lists and alerts carry names. */
#include "server/api/reply.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/log.h"

#define DUMP_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(9))

static enum ov_status dump(const json_t *json, struct ov_secret *ret)
{
    size_t size = json_dumpb(json, NULL, 0, DUMP_FLAGS);
    struct ov_secret text = OV_SECRET_INIT;
    if (size == 0 || ov_secret_new(&text, size) != OV_OK)
        return OV_ERR_NOMEM;
    if (json_dumpb(json, (char *)text.data, size, DUMP_FLAGS) != size) {
        ov_secret_free(&text);
        return OV_ERR_INTERNAL;
    }
    *ret = text;
    return OV_OK;
}

enum ov_status reply_json(struct request *request, int http_status, json_t *take_json,
                          struct ov_error *err)
{
    struct ov_secret body = OV_SECRET_INIT;
    enum ov_status status = take_json != NULL ? dump(take_json, &body) : OV_ERR_NOMEM;
    json_decref(take_json);
    if (status != OV_OK)
        return ov_fail(err, status, "memory", "out of memory while writing the reply");
    ov_secret_free(&request->reply.body);
    request->reply.body = body;
    request->reply.content_type = NULL;
    request->reply.status = http_status;
    return OV_OK;
}

void reply_empty(struct request *request)
{
    ov_secret_free(&request->reply.body);
    request->reply.status = 204;
}

/* --- errors --- */

/* Codes whose sentences were written for the caller. Whatever else arises further down (files,
 * keys, SQL) is none of their business. */
static bool has_public_code(const struct ov_error *err)
{
    static const char *const prefixes[] = {
        /* one a line */
        "alarm.",     "application.", "deployment.", "document.",  "duty.",       "entry.",
        "erasure.",   "evidence.",    "identity.",   "image.",     "membership.", "model.",
        "notice.",    "review.",      "round.",      "people.",    "permission.", "policy.",
        "principal.", "request.",     "server.",     "settings.",  "signature.",  "site.",
        "waiver.",    "watchlist.",   "store.full",  "vault.full", NULL,
    };
    /* A bug of ours is none either, whatever it is called. */
    for (size_t i = 0; prefixes[i] != NULL && err->status != OV_ERR_INTERNAL; i++) {
        if (strncmp(err->code, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    }
    return false;
}

static int special_status(const char *code)
{
    static const struct {
        const char *code;
        int status;
    } table[] = {
        {"request.too_large", 413}, {"request.content_type", 415}, {"request.unknown_path", 404},
        {"request.method", 405},    {"server.busy", 503},          {"server.stopping", 503},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(table[i].code, code) == 0)
            return table[i].status;
    }
    return 0;
}

static int http_status_of(const struct ov_error *err)
{
    int special = special_status(err->code);
    if (special != 0)
        return special;
    switch (err->status) {
    case OV_ERR_INVALID:
        /* The form of the request, or what it says. */
        return strncmp(err->code, "request.", 8) == 0 ? 400 : 422;
    case OV_ERR_LIMIT:
        return 422;
    case OV_ERR_NOT_FOUND:
        return 404;
    case OV_ERR_EXISTS:
    case OV_ERR_STATE:
    case OV_ERR_CONFLICT:
        return 409;
    case OV_ERR_DENIED:
        return 403;
    case OV_ERR_PROTOCOL:
        return 400;
    case OV_ERR_UNAVAILABLE:
    case OV_ERR_NOMEM:
        return 503;
    case OV_ERR_TIMEOUT:
        return 504;
    case OV_OK:
    case OV_ERR_IO:
    case OV_ERR_CRYPTO:
    case OV_ERR_CLOSED:
    case OV_ERR_INTERNAL:
        break;
    }
    return 500;
}

/* Which member of the input an error of the rules is about. */
static const char *field_of(const char *code)
{
    static const struct {
        const char *code, *field;
    } table[] = {
        {"signature.missing", "signature"},
        {"signature.key", "signature"},
        {"signature.stale", "signature"},
        {"signature.invalid", "signature"},
        {"deployment.name", "name"},
        {"deployment.purpose", "purpose"},
        {"deployment.window", "ends_at"},
        {"deployment.threshold", "threshold"},
        {"deployment.cool_down", "cool_down_s"},
        {"deployment.min_face", "min_face_px"},
        {"deployment.sites", "sites"},
        {"deployment.site_unknown", "sites"},
        {"deployment.exists", "name"},
        {"deployment.cameras", "cameras"},
        {"deployment.categories", "categories"},
        {"deployment.flags", "flags"},
        {"deployment.place", "latitude"},
        {"deployment.location_type", "location_type"},
        {"deployment.expected_footfall", "expected_footfall"},
        {"deployment.expected_entries", "expected_entries"},
        {"deployment.retention", "retention_watchlist_h"},
        {"deployment.changed_meanwhile", "revision"},
        {"deployment.necessity", "necessity"},
        {"deployment.proportionality", "proportionality"},
        {"deployment.conditions", "conditions"},
        {"deployment.reasons", "reasons"},
        {"deployment.officer", "officer"},
        {"policy.window", "ends_at"},
        {"policy.location_type", "location_type"},
        {"policy.category", "categories"},
        {"policy.flag", "flags"},
        {"policy.subjects", "expected_entries"},
        {"policy.retention_watchlist", "retention_watchlist_h"},
        {"policy.retention_alert", "retention_alert_h"},
        {"policy.retention_true_alert", "retention_true_alert_h"},
        {"policy.threshold", "threshold"},
        {"deployment.reason", "reason"},
        {"membership.day", "day"},
        {"membership.reference", "reference"},
        {"membership.request", "request"},
        {"people.identity", "identity"},
        {"people.kind", "kind"},
        {"people.name", "person"},
        {"people.roles", "roles"},
        {"settings.threshold", "threshold"},
        {"settings.reason", "reason"},
        {"settings.cool_down", "cool_down_s"},
        {"settings.min_face", "min_face_px"},
        {"settings.gate", "gate"},
        {"settings.cameras", "cameras"},
        {"settings.zone", "cameras"},
        {"duty.role", "role"},
        {"duty.receiver", "to"},
        {"duty.same_person", "to"},
        {"evidence.kind", "kind"},
        {"evidence.brought_by", "brought_by"},
        {"evidence.number", "number"},
        {"evidence.review", "review_at"},
        {"evidence.recipient", "recipient"},
        {"evidence.ground", "brought_by"},
        {"site.name", "name"},
        {"site.exists", "name"},
        {"watchlist.category", "category"},
        {"watchlist.response", "response"},
        {"watchlist.name", "name"},
        {"watchlist.reference", "reference"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(table[i].code, code) == 0)
            return table[i].field;
    }
    return NULL;
}

/* The caller waits; somebody else has to make room. */
static bool is_full_disk(const struct ov_error *err)
{
    return strcmp(err->code, "store.full") == 0 || strcmp(err->code, "vault.full") == 0;
}

static void log_hidden(const struct request *request, const struct ov_error *err)
{
    char id[OV_ID_TEXT_SIZE];
    ov_log(OV_LOG_WARNING, "api", "request_failed", "request=%s", ov_id_format(&request->id, id));
    ov_log_error(OV_LOG_WARNING, "api", "request_failed", err);
}

void reply_error(struct request *request, const struct ov_error *err)
{
    int http_status = http_status_of(err);
    const char *code = err->code;
    const char *text = err->text;
    bool is_public = has_public_code(err);
    if (!is_public && (http_status == 503 || err->status == OV_ERR_CONFLICT)) {
        http_status = 503;
        code = "server.unavailable";
        text = "the server cannot do this now; try again in a moment";
    } else if (!is_public) {
        http_status = 500;
        code = "server.internal";
        text = "something failed inside the server; an administrator finds it in the log under "
               "this request's id";
    }
    if (!is_public || is_full_disk(err))
        log_hidden(request, err);
    const char *field = request->field[0] != '\0' ? request->field : field_of(code);
    json_t *json = field != NULL ? json_pack("{s{ssssss}}", "error", "code", code, "text", text,
                                             "field", field)
                                 : json_pack("{s{ssss}}", "error", "code", code, "text", text);
    struct ov_error ignored = OV_ERROR_INIT;
    if (reply_json(request, http_status, json, &ignored) != OV_OK) {
        ov_secret_free(&request->reply.body);
        request->reply.status = http_status;
    }
}

/* --- pieces --- */

json_t *reply_id(const struct ov_id *id)
{
    char text[OV_ID_TEXT_SIZE];
    return json_string(ov_id_format(id, text));
}

json_t *reply_time(int64_t utc_us)
{
    char text[OV_TIME_TEXT_SIZE];
    return utc_us == 0 ? json_null() : json_string(ov_time_format(utc_us, text));
}

json_t *reply_score(float value)
{
    return json_real(round((double)value * 1e6) / 1e6);
}

json_t *reply_digest(const uint8_t *data, size_t size)
{
    char text[2 * 64 + 1];
    return size <= 64 ? json_string(ov_hex_encode(data, size, text)) : NULL;
}
