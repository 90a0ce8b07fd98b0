/* Policies: carried in and out; the database judges who may propose and decide, and in what order.
 */
#include "server/store/policies.h"

#include <string.h>

#include "common/base/bytes.h"
#include "server/store/statement.h"

#define FLOOR_BYTES (OV_DIGEST_BYTES + 4)
#define CODES_TEXT_SIZE (POLICY_CODES_MAX * POLICY_CODE_SIZE + 3)

const char *policy_state_name(enum policy_state state)
{
    switch (state) {
    case POLICY_PROPOSED:
        return "proposed";
    case POLICY_APPROVED:
        return "approved";
    case POLICY_REFUSED:
        return "refused";
    }
    return "unknown";
}

static const char *state_name(int state)
{
    return policy_state_name((enum policy_state)state);
}

/* --- reading ------------------------------------------------------------------------------- */

static void read_codes(struct row *row, struct policy_codes *ret)
{
    char text[CODES_TEXT_SIZE];
    char *rest = text;
    row_text(row, text, sizeof(text));
    for (const char *code = strsep(&rest, ","); code != NULL && *code != '\0';
         code = strsep(&rest, ",")) {
        size_t length = strlen(code);
        if (ret->count == POLICY_CODES_MAX || length >= POLICY_CODE_SIZE) {
            row->failed = true;
            return;
        }
        memcpy(ret->codes[ret->count++], code, length + 1);
    }
}

static void read_floors(struct row *row, struct policy *ret)
{
    struct store_bytes floors = row_bytes(row);
    size_t count = floors.size / FLOOR_BYTES;
    if (count > POLICY_FLOORS_MAX || floors.size % FLOOR_BYTES != 0) {
        row->failed = true;
        return;
    }
    ret->floor_count = count;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *at = (const uint8_t *)floors.data + i * FLOOR_BYTES;
        uint32_t bits = ov_read_be32(at + OV_DIGEST_BYTES);
        memcpy(ret->floors[i].model_digest, at, OV_DIGEST_BYTES);
        memcpy(&ret->floors[i].threshold_floor, &bits, sizeof(bits));
    }
}

static enum ov_status read_policy(struct row *row, struct policy *ret, struct ov_error *err)
{
    memset(ret, 0, sizeof(*ret));
    ret->version = row_i32(row);
    ret->base_version = row_i32(row);
    read_codes(row, &ret->categories);
    read_codes(row, &ret->operational_locations);
    read_codes(row, &ret->exercise_locations);
    ret->subjects_max = row_i32(row);
    ret->blue_list_max = row_i32(row);
    ret->window_max_h = row_i32(row);
    ret->threshold_floor = row_f32(row);
    read_floors(row, ret);
    ret->old_image_years = row_i32(row);
    ret->minor_below_years = row_i32(row);
    ret->retention_watchlist_max_h = row_i32(row);
    ret->retention_alert_max_h = row_i32(row);
    ret->retention_true_alert_max_h = row_i32(row);
    ret->blind_first = row_bool(row);
    ret->second_verifier = row_bool(row);
    ret->urgent_written_max_h = row_i32(row);
    ret->urgent_repeat_days = row_i32(row);
    ret->live_per_day_max_h = row_i32(row);
    ret->same_place_m = row_i32(row);
    ret->far_target_ppm = row_i32(row);
    ret->console_lock_s = row_i32(row);
    ret->heartbeat_s = row_i32(row);
    ret->sample_permille = row_i32(row);
    ret->sample_min = row_i32(row);
    ret->review_max_h = row_i32(row);
    ret->membership_per_day = row_i32(row);
    ret->evidence_review_days = row_i32(row);
    row_id(row, &ret->proposed_by);
    ret->proposed_at_us = row_time(row);
    row_fixed_bytes(row, ret->document_digest, sizeof(ret->document_digest));
    ret->state = (enum policy_state)row_choice(row, state_name, POLICY_REFUSED + 1);
    row_id(row, &ret->decided_by);
    ret->decided_at_us = row_time(row);
    return row_done(row, err);
}

static enum ov_status on_one(void *ctx, struct row *row, struct ov_error *err)
{
    return read_policy(row, ctx, err);
}

enum ov_status store_policy_get(struct store *store, int version, struct policy *ret,
                                struct ov_error *err)
{
    struct policy found;
    int64_t count = 0;
    struct params params = PARAMS_INIT;
    params_i32(&params, version);
    enum ov_status status =
        statement_each(store, STATEMENT_POLICY_GET, &params, on_one, &found, &count, err);
    if (status == OV_OK && count == 0 && version == 0)
        return ov_fail(err, OV_ERR_NOT_FOUND, "policy.none",
                       "no policy is in force; an administrator proposes one and the higher "
                       "authority approves it");
    if (status == OV_OK && count == 0)
        return ov_fail(err, OV_ERR_NOT_FOUND, "policy.unknown",
                       "there is no such version of the policy; its history has them all");
    if (status == OV_OK)
        *ret = found;
    return status;
}

struct sink {
    enum ov_status (*on_row)(void *ctx, const struct policy *row);
    void *ctx;
};

static enum ov_status on_each(void *ctx, struct row *row, struct ov_error *err)
{
    const struct sink *sink = ctx;
    struct policy policy;
    enum ov_status status = read_policy(row, &policy, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &policy) : status;
}

enum ov_status store_policy_each(struct store *store,
                                 enum ov_status (*on_row)(void *ctx, const struct policy *),
                                 void *ctx, struct ov_error *err)
{
    struct sink sink = {on_row, ctx};
    return statement_each(store, STATEMENT_POLICY_EACH, NULL, on_each, &sink, NULL, err);
}

/* --- writing ------------------------------------------------------------------------------- */

/* Nothing in a code needs quoting; the database refuses what is none. */
static bool format_codes(const struct policy_codes *codes, char out[CODES_TEXT_SIZE])
{
    char *at = stpcpy(out, "{");
    for (size_t i = 0; i < codes->count && i < POLICY_CODES_MAX; i++) {
        size_t length = strnlen(codes->codes[i], POLICY_CODE_SIZE);
        if (length == 0 || length == POLICY_CODE_SIZE ||
            strspn(codes->codes[i], "abcdefghijklmnopqrstuvwxyz_") != length)
            return false;
        if (i > 0)
            *at++ = ',';
        memcpy(at, codes->codes[i], length);
        at += length;
    }
    stpcpy(at, "}");
    return true;
}

static enum ov_status on_version(void *ctx, struct row *row, struct ov_error *err)
{
    int *ret = ctx;
    *ret = row_i32(row);
    return row_done(row, err);
}

static void put_numbers(struct params *params, const struct policy *row)
{
    params_i32(params, row->subjects_max);
    params_i32(params, row->blue_list_max);
    params_i32(params, row->window_max_h);
    params_f32(params, row->threshold_floor);
    params_i32(params, row->old_image_years);
    params_i32(params, row->minor_below_years);
    params_i32(params, row->retention_watchlist_max_h);
    params_i32(params, row->retention_alert_max_h);
    params_i32(params, row->retention_true_alert_max_h);
    params_bool(params, row->blind_first);
    params_bool(params, row->second_verifier);
    params_i32(params, row->urgent_written_max_h);
    params_i32(params, row->urgent_repeat_days);
    params_i32(params, row->live_per_day_max_h);
    params_i32(params, row->same_place_m);
    params_i32(params, row->far_target_ppm);
    params_i32(params, row->console_lock_s);
    params_i32(params, row->heartbeat_s);
    params_i32(params, row->sample_permille);
    params_i32(params, row->sample_min);
    params_i32(params, row->review_max_h);
    params_i32(params, row->membership_per_day);
    params_i32(params, row->evidence_review_days);
}

static enum ov_status insert(struct store *store, const struct policy *row, int *ret_version,
                             struct ov_error *err)
{
    char categories[CODES_TEXT_SIZE];
    char operational[CODES_TEXT_SIZE];
    char exercise[CODES_TEXT_SIZE];
    if (!format_codes(&row->categories, categories) ||
        !format_codes(&row->operational_locations, operational) ||
        !format_codes(&row->exercise_locations, exercise))
        return ov_fail(err, OV_ERR_INVALID, "policy.code",
                       "categories and types of location are codes of 1 to 40 of a-z and '_'");
    struct params params = PARAMS_INIT;
    params_i32(&params, row->base_version);
    params_array(&params, categories);
    params_array(&params, operational);
    params_array(&params, exercise);
    put_numbers(&params, row);
    params_id(&params, &row->proposed_by);
    params_time(&params, row->proposed_at_us);
    params_bytes(&params, row->document_digest, sizeof(row->document_digest));
    return statement_each(store, STATEMENT_POLICY_PROPOSE, &params, on_version, ret_version, NULL,
                          err);
}

static enum ov_status add_floor(struct store *store, int version, const struct policy_floor *floor,
                                struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_i32(&params, version);
    params_bytes(&params, floor->model_digest, sizeof(floor->model_digest));
    params_f32(&params, floor->threshold_floor);
    return statement_run(store, STATEMENT_POLICY_FLOOR_ADD, &params, NULL, err);
}

enum ov_status store_policy_propose(struct store *store, const struct policy *row, int *ret_version,
                                    struct ov_error *err)
{
    int version = 0;
    bool own = false;
    enum ov_status status = statement_group_begin(store, &own, err);
    if (status != OV_OK)
        return status;
    status = insert(store, row, &version, err);
    for (size_t i = 0; i < row->floor_count && status == OV_OK; i++)
        status = add_floor(store, version, &row->floors[i], err);
    status = statement_group_end(store, own, status, err);
    if (status == OV_OK)
        *ret_version = version;
    return status;
}

enum ov_status store_policy_decide(struct store *store, int version, enum policy_state state,
                                   const struct ov_id *by, int64_t at_us, struct ov_error *err)
{
    int64_t changed = 0;
    struct params params = PARAMS_INIT;
    params_i32(&params, version);
    params_text(&params, policy_state_name(state));
    params_id(&params, by);
    params_time(&params, at_us);
    enum ov_status status = statement_run(store, STATEMENT_POLICY_DECIDE, &params, &changed, err);
    if (status == OV_OK && changed == 0)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "policy.unknown",
                         "there is no such version of the policy; its history has them all");
    return status;
}
