/* What the policy says of a deployment, and what others at the same place have to do with it. */
#include <stdlib.h>

#include "server/service/lifecycle.h"
#include "server/service/service.h"

#define DAY_US (INT64_C(24) * 3600 * OV_US_PER_S)

static size_t borrow_codes(const char (*codes)[DEPLOYMENT_CODE_SIZE], size_t count,
                           const char *out[DEPLOYMENT_FLAGS_MAX])
{
    for (size_t i = 0; i < count; i++)
        out[i] = codes[i];
    return count;
}

_Static_assert(DEPLOYMENT_FLAGS_MAX >= DEPLOYMENT_CATEGORIES_MAX, "both fit");

enum ov_status lifecycle_check_policy(const struct policy *policy,
                                      const struct deployment *deployment, bool urgent,
                                      struct ov_error *err)
{
    const char *categories[DEPLOYMENT_FLAGS_MAX];
    const char *flags[DEPLOYMENT_FLAGS_MAX];
    struct policy_application application = {
        .kind = deployment->kind,
        .starts_at_us = deployment->starts_at_us,
        .ends_at_us = deployment->ends_at_us,
        .location_type = deployment->location_type,
        .category_count =
            borrow_codes(deployment->categories, deployment->category_count, categories),
        .categories = categories,
        .flag_count = borrow_codes(deployment->flags, deployment->flag_count, flags),
        .flags = flags,
        .expected_entries = deployment->expected_entries,
        .threshold = deployment->threshold,
        .model_digest = deployment->model_digest,
        .retention_watchlist_h = deployment->retention_watchlist_h,
        .retention_alert_h = deployment->retention_alert_h,
        .retention_true_alert_h = deployment->retention_true_alert_h,
        .urgent = urgent,
        .urgent_reasons = urgent};
    return check_policy_application(policy, &application, err);
}

/* --- the same place ------------------------------------------------------------------------- */

struct neighbours {
    const struct policy *policy;
    const struct deployment *wanted;
    bool urgent_repeat;
    struct policy_span *spans;
    size_t count;
    size_t capacity;
};

static bool at_same_place(const struct neighbours *seen, const struct deployment *other)
{
    const struct deployment *wanted = seen->wanted;
    for (size_t i = 0; i < wanted->site_count; i++)
        for (size_t j = 0; j < other->site_count; j++)
            if (ov_id_equal(&wanted->sites[i], &other->sites[j]))
                return true;
    return wanted->has_place && other->has_place &&
           policy_same_place(seen->policy, wanted->latitude_e6, wanted->longitude_e6,
                             other->latitude_e6, other->longitude_e6);
}

static enum ov_status add_span(struct neighbours *seen, int64_t from_us, int64_t to_us)
{
    if (seen->count == seen->capacity) {
        size_t capacity = seen->capacity * 2 + 16;
        struct policy_span *spans = realloc(seen->spans, capacity * sizeof(*spans));
        if (spans == NULL)
            return OV_ERR_NOMEM;
        seen->spans = spans;
        seen->capacity = capacity;
    }
    seen->spans[seen->count++] = (struct policy_span){from_us, to_us};
    return OV_OK;
}

/* Past use counts from when it went live to its end, authorised use with its whole window. */
static enum ov_status on_neighbour(void *ctx, const struct deployment *other)
{
    struct neighbours *seen = ctx;
    const struct deployment *wanted = seen->wanted;
    int64_t days_us = seen->policy->urgent_repeat_days * DAY_US;
    if (ov_id_equal(&other->id, &wanted->id) || other->kind != wanted->kind ||
        !at_same_place(seen, other))
        return OV_OK;
    if (other->urgent && other->oral_at_us > wanted->starts_at_us - days_us &&
        other->oral_at_us < wanted->ends_at_us + days_us)
        seen->urgent_repeat = true;
    bool open = other->state == DEPLOYMENT_AUTHORISED || other->state == DEPLOYMENT_LIVE ||
                other->state == DEPLOYMENT_PAUSED;
    int64_t from_us = other->went_live_at_us != 0 ? other->went_live_at_us : other->starts_at_us;
    int64_t to_us = open ? other->ends_at_us : other->closed_at_us;
    if ((!open && other->went_live_at_us == 0) || to_us <= from_us ||
        to_us < wanted->starts_at_us - DAY_US || from_us > wanted->ends_at_us + DAY_US)
        return OV_OK;
    return add_span(seen, from_us, to_us);
}

enum ov_status lifecycle_higher_reasons(struct service *service, const struct policy *policy,
                                        const struct deployment *deployment, bool urgent,
                                        struct policy_reasons *ret, struct ov_error *err)
{
    const char *flags[DEPLOYMENT_FLAGS_MAX];
    struct neighbours seen = {.policy = policy, .wanted = deployment};
    enum ov_status status = add_span(&seen, deployment->starts_at_us, deployment->ends_at_us);
    if (status == OV_OK)
        status = store_deployment_each(service->store, on_neighbour, &seen, err);
    if (status == OV_OK) {
        struct policy_circumstances circumstances = {
            .flag_count = borrow_codes(deployment->flags, deployment->flag_count, flags),
            .flags = flags,
            .urgent_repeat = urgent && seen.urgent_repeat,
            .most_live_us = policy_most_live_us(seen.spans, seen.count)};
        policy_higher_reasons(policy, &circumstances, ret);
    }
    free(seen.spans);
    return status;
}
