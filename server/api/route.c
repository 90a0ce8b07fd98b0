/* The table of routes. */
#include "server/api/route.h"

#include <stdio.h>
#include <string.h>

static const struct route table[] = {
    {METHOD_GET, "/v1/openapi.yaml", ACTION_STATUS_SEE, BODY_NONE, handle_description},
    {METHOD_GET, "/v1/status", ACTION_STATUS_SEE, BODY_NONE, handle_status},
    {METHOD_GET, "/v1/people", ACTION_PEOPLE_SEE, BODY_NONE, handle_people_list},
    {METHOD_GET, "/v1/people/decisions", ACTION_PEOPLE_SEE, BODY_NONE, handle_people_decision_list},
    {METHOD_POST, "/v1/people/decisions", ACTION_PEOPLE_PROPOSE, BODY_JSON, handle_people_propose},
    {METHOD_POST, "/v1/people/decisions/{decision}/confirm", ACTION_PEOPLE_CONFIRM, BODY_JSON,
     handle_people_confirm},
    {METHOD_POST, "/v1/people/decisions/{decision}/withdraw", ACTION_PEOPLE_PROPOSE, BODY_JSON,
     handle_people_withdraw},
    {METHOD_POST, "/v1/people/{person}/suspend", ACTION_PEOPLE_SUSPEND, BODY_JSON,
     handle_people_suspend},
    {METHOD_POST, "/v1/people/{person}/revoke", ACTION_PEOPLE_SUSPEND, BODY_JSON,
     handle_people_revoke},
    {METHOD_POST, "/v1/sites/{site}/suspend", ACTION_PEOPLE_SUSPEND, BODY_JSON,
     handle_site_suspend},
    {METHOD_GET, "/v1/sites", ACTION_SITE_SEE, BODY_NONE, handle_site_list},
    {METHOD_POST, "/v1/sites", ACTION_SITE_ADD, BODY_JSON, handle_site_add},
    {METHOD_GET, "/v1/membership", ACTION_MEMBERSHIP_CONFIRM, BODY_NONE, handle_membership_list},
    {METHOD_POST, "/v1/membership", ACTION_MEMBERSHIP_ASK, BODY_JSON, handle_membership_ask},
    {METHOD_POST, "/v1/membership/{query}/confirm", ACTION_MEMBERSHIP_CONFIRM, BODY_JSON,
     handle_membership_confirm},
    {METHOD_POST, "/v1/membership/{query}/withdraw", ACTION_MEMBERSHIP_ASK, BODY_JSON,
     handle_membership_withdraw},
    {METHOD_GET, "/v1/alarms", ACTION_ALARM_SEE, BODY_NONE, handle_alarm_list},
    {METHOD_POST, "/v1/alarms/{alarm}/clear", ACTION_ALARM_CLEAR, BODY_JSON, handle_alarm_clear},
    {METHOD_GET, "/v1/deployments/{deployment}/notice", ACTION_NOTICE_SEE, BODY_NONE,
     handle_notice_get},
    {METHOD_POST, "/v1/deployments/{deployment}/notice", ACTION_NOTICE_PUBLISH, BODY_JSON,
     handle_notice_publish},
    {METHOD_POST, "/v1/deployments/{deployment}/notice/waive", ACTION_DEPLOYMENT_AUTHORISE,
     BODY_JSON, handle_notice_waive},
    {METHOD_GET, "/v1/policies", ACTION_POLICY_SEE, BODY_NONE, handle_policy_list},
    {METHOD_POST, "/v1/policies", ACTION_POLICY_PROPOSE, BODY_JSON, handle_policy_propose},
    {METHOD_POST, "/v1/policies/draft", ACTION_POLICY_PROPOSE, BODY_JSON, handle_policy_draft},
    {METHOD_GET, "/v1/policies/{version}", ACTION_POLICY_SEE, BODY_NONE, handle_policy_get},
    {METHOD_GET, "/v1/policies/{version}/statement", ACTION_POLICY_APPROVE, BODY_NONE,
     handle_policy_statement},
    {METHOD_POST, "/v1/policies/{version}/approve", ACTION_POLICY_APPROVE, BODY_JSON,
     handle_policy_approve},
    {METHOD_POST, "/v1/policies/{version}/refuse", ACTION_POLICY_REFUSE, BODY_JSON,
     handle_policy_refuse},
    {METHOD_GET, "/v1/models", ACTION_POLICY_SEE, BODY_NONE, handle_model_list},
    {METHOD_POST, "/v1/models", ACTION_MODEL_PROPOSE, BODY_JSON, handle_model_propose},
    {METHOD_POST, "/v1/models/draft", ACTION_MODEL_PROPOSE, BODY_JSON, handle_model_draft},
    {METHOD_GET, "/v1/models/{model}/statement", ACTION_MODEL_APPROVE, BODY_NONE,
     handle_model_statement},
    {METHOD_POST, "/v1/models/{model}/approve", ACTION_MODEL_APPROVE, BODY_JSON,
     handle_model_approve},
    {METHOD_POST, "/v1/models/{model}/refuse", ACTION_MODEL_END, BODY_JSON, handle_model_refuse},
    {METHOD_POST, "/v1/models/{model}/withdraw", ACTION_MODEL_END, BODY_JSON,
     handle_model_withdraw},
    {METHOD_GET, "/v1/deployments", ACTION_DEPLOYMENT_SEE, BODY_NONE, handle_deployment_list},
    {METHOD_POST, "/v1/deployments", ACTION_DEPLOYMENT_DRAFT, BODY_JSON, handle_deployment_create},
    {METHOD_GET, "/v1/deployments/{deployment}", ACTION_DEPLOYMENT_SEE, BODY_NONE,
     handle_deployment_get},
    {METHOD_PATCH, "/v1/deployments/{deployment}", ACTION_DEPLOYMENT_DRAFT, BODY_JSON,
     handle_deployment_edit},
    {METHOD_GET, "/v1/deployments/{deployment}/documents/{digest}", ACTION_DEPLOYMENT_SEE,
     BODY_NONE, handle_deployment_document},
    {METHOD_POST, "/v1/deployments/{deployment}/statement", ACTION_DEPLOYMENT_SEE, BODY_JSON,
     handle_deployment_statement},
    {METHOD_POST, "/v1/deployments/{deployment}/apply", ACTION_DEPLOYMENT_APPLY, BODY_JSON,
     handle_deployment_apply},
    {METHOD_POST, "/v1/deployments/{deployment}/authorise", ACTION_DEPLOYMENT_AUTHORISE, BODY_JSON,
     handle_deployment_authorise},
    {METHOD_POST, "/v1/deployments/{deployment}/refuse", ACTION_DEPLOYMENT_REFUSE, BODY_JSON,
     handle_deployment_refuse},
    {METHOD_POST, "/v1/deployments/{deployment}/cancel", ACTION_DEPLOYMENT_CANCEL, BODY_JSON,
     handle_deployment_cancel},
    {METHOD_POST, "/v1/deployments/{deployment}/oral", ACTION_DEPLOYMENT_RECORD_ORAL, BODY_JSON,
     handle_deployment_oral},
    {METHOD_POST, "/v1/deployments/{deployment}/start", ACTION_DEPLOYMENT_START, BODY_JSON,
     handle_deployment_start},
    {METHOD_POST, "/v1/deployments/{deployment}/stop", ACTION_DEPLOYMENT_STOP, BODY_JSON,
     handle_deployment_stop},
    {METHOD_POST, "/v1/deployments/{deployment}/pause", ACTION_DEPLOYMENT_PAUSE, BODY_JSON,
     handle_deployment_pause},
    {METHOD_POST, "/v1/deployments/{deployment}/resume", ACTION_DEPLOYMENT_RESUME, BODY_JSON,
     handle_deployment_resume},
    {METHOD_GET, "/v1/deployments/{deployment}/settings", ACTION_DEPLOYMENT_SEE, BODY_NONE,
     handle_settings_get},
    {METHOD_POST, "/v1/deployments/{deployment}/settings", ACTION_DEPLOYMENT_CHANGE, BODY_JSON,
     handle_settings_change},
    {METHOD_POST, "/v1/deployments/{deployment}/settings/draft", ACTION_DEPLOYMENT_CHANGE,
     BODY_JSON, handle_settings_draft},
    {METHOD_GET, "/v1/deployments/{deployment}/settings/change", ACTION_DEPLOYMENT_APPROVE_CHANGE,
     BODY_NONE, handle_settings_statement},
    {METHOD_POST, "/v1/deployments/{deployment}/settings/change/approve",
     ACTION_DEPLOYMENT_APPROVE_CHANGE, BODY_JSON, handle_settings_approve},
    {METHOD_POST, "/v1/deployments/{deployment}/settings/change/refuse",
     ACTION_DEPLOYMENT_APPROVE_CHANGE, BODY_JSON, handle_settings_refuse},
    {METHOD_POST, "/v1/deployments/{deployment}/signs", ACTION_DEPLOYMENT_CONFIRM_SIGNS, BODY_JSON,
     handle_signs_confirm},
    {METHOD_GET, "/v1/deployments/{deployment}/duty", ACTION_DEPLOYMENT_SEE, BODY_NONE,
     handle_duty_list},
    {METHOD_POST, "/v1/deployments/{deployment}/duty", ACTION_DEPLOYMENT_DUTY, BODY_JSON,
     handle_duty_take},
    {METHOD_POST, "/v1/deployments/{deployment}/duty/heartbeat", ACTION_DEPLOYMENT_DUTY, BODY_JSON,
     handle_duty_heartbeat},
    {METHOD_POST, "/v1/deployments/{deployment}/duty/end", ACTION_DEPLOYMENT_DUTY, BODY_JSON,
     handle_duty_end},
    {METHOD_POST, "/v1/deployments/{deployment}/duty/hand-over", ACTION_DEPLOYMENT_DUTY, BODY_JSON,
     handle_duty_hand_over},
    {METHOD_GET, "/v1/erasure/check", ACTION_ERASURE_CHECK, BODY_NONE, handle_erasure_check},
    {METHOD_GET, "/v1/deployments/{deployment}/erasure", ACTION_ERASURE_CHECK, BODY_NONE,
     handle_erasure_get},
    {METHOD_POST, "/v1/deployments/{deployment}/erase", ACTION_ERASURE_RUN, BODY_JSON,
     handle_deployment_erase},
    {METHOD_POST, "/v1/deployments/{deployment}/ledger-waivers", ACTION_ERASURE_WAIVE, BODY_JSON,
     handle_waiver_ask},
    {METHOD_GET, "/v1/ledger-waivers", ACTION_ERASURE_CHECK, BODY_NONE, handle_waiver_list},
    {METHOD_POST, "/v1/ledger-waivers/{waiver}/confirm", ACTION_ERASURE_CONFIRM_WAIVER, BODY_JSON,
     handle_waiver_confirm},
    {METHOD_POST, "/v1/ledger-waivers/{waiver}/withdraw", ACTION_ERASURE_WAIVE, BODY_JSON,
     handle_waiver_withdraw},
    {METHOD_GET, "/v1/deployments/{deployment}/watchlist", ACTION_WATCHLIST_SEE, BODY_NONE,
     handle_watchlist_list},
    {METHOD_POST, "/v1/deployments/{deployment}/watchlist", ACTION_WATCHLIST_ADD, BODY_JPEG,
     handle_watchlist_add},
    {METHOD_POST, "/v1/deployments/{deployment}/watchlist/approve", ACTION_WATCHLIST_APPROVE,
     BODY_JSON, handle_watchlist_approve},
    {METHOD_POST, "/v1/deployments/{deployment}/watchlist/compare", ACTION_WATCHLIST_APPROVE,
     BODY_JSON, handle_watchlist_compare},
    {METHOD_POST, "/v1/deployments/{deployment}/watchlist/rounds", ACTION_WATCHLIST_APPROVE,
     BODY_JSON, handle_round_draw},
    {METHOD_GET, "/v1/deployments/{deployment}/watchlist/rounds/{round}", ACTION_WATCHLIST_APPROVE,
     BODY_NONE, handle_round_get},
    {METHOD_POST, "/v1/deployments/{deployment}/watchlist/rounds/{round}/approve",
     ACTION_WATCHLIST_APPROVE, BODY_JSON, handle_round_approve},
    {METHOD_GET, "/v1/deployments/{deployment}/watchlist/review", ACTION_WATCHLIST_REVIEW,
     BODY_NONE, handle_review_show},
    {METHOD_POST, "/v1/deployments/{deployment}/watchlist/review", ACTION_WATCHLIST_REVIEW,
     BODY_JSON, handle_review_confirm},
    {METHOD_POST, "/v1/deployments/{deployment}/watchlist/{entry}/open", ACTION_WATCHLIST_SEE,
     BODY_JSON, handle_watchlist_open},
    {METHOD_POST, "/v1/deployments/{deployment}/watchlist/{entry}/images/{image}",
     ACTION_WATCHLIST_APPROVE, BODY_JSON, handle_image_decide},
    {METHOD_DELETE, "/v1/deployments/{deployment}/watchlist/{entry}", ACTION_WATCHLIST_REMOVE,
     BODY_NONE, handle_watchlist_remove},
    {METHOD_GET, "/v1/deployments/{deployment}/alerts", ACTION_ALERT_SEE, BODY_NONE,
     handle_alert_list},
    {METHOD_GET, "/v1/evidence", ACTION_EVIDENCE_CONFIRM, BODY_NONE, handle_evidence_list},
    {METHOD_POST, "/v1/evidence", ACTION_EVIDENCE_PROPOSE, BODY_JSON, handle_evidence_propose},
    {METHOD_POST, "/v1/evidence/{hold}/renew", ACTION_EVIDENCE_PROPOSE, BODY_JSON,
     handle_evidence_renew},
    {METHOD_POST, "/v1/evidence/{hold}/confirm", ACTION_EVIDENCE_CONFIRM, BODY_JSON,
     handle_evidence_confirm},
    {METHOD_POST, "/v1/evidence/{hold}/release", ACTION_EVIDENCE_PROPOSE, BODY_JSON,
     handle_evidence_release},
    {METHOD_POST, "/v1/evidence/{hold}/export", ACTION_EVIDENCE_EXPORT, BODY_JSON,
     handle_evidence_export},
};

/* Those that make something new each time they are done. */
static enum ov_status (*const creating[])(struct call *call, struct ov_error *err) = {
    handle_site_add,         handle_people_propose,    handle_policy_propose,
    handle_model_propose,    handle_membership_ask,    handle_watchlist_add,
    handle_waiver_ask,       handle_deployment_create, handle_settings_change,
    handle_evidence_propose,
};

bool route_creates(const struct route *route)
{
    for (size_t i = 0; i < sizeof(creating) / sizeof(creating[0]); i++) {
        if (route->handle == creating[i])
            return true;
    }
    return false;
}

/* Those that take parameters, and check them. */
static enum ov_status (*const querying[])(struct call *call, struct ov_error *err) = {
    handle_alarm_list,    handle_alert_list,  handle_deployment_list,      handle_description,
    handle_erasure_check, handle_site_list,   handle_evidence_list,        handle_membership_list,
    handle_notice_get,    handle_people_list, handle_people_decision_list, handle_watchlist_list,
};

bool route_takes_query(const struct route *route)
{
    for (size_t i = 0; i < sizeof(querying) / sizeof(querying[0]); i++) {
        if (route->handle == querying[i])
            return true;
    }
    return false;
}

#define ROUTE_COUNT (sizeof(table) / sizeof(table[0]))

const struct route *route_table(size_t *ret_count)
{
    *ret_count = ROUTE_COUNT;
    return table;
}

static bool matches(const char *pattern, const struct request *request)
{
    size_t segment = 0;
    while (*pattern == '/') {
        pattern++;
        size_t length = strcspn(pattern, "/");
        if (segment == request->segment_count)
            return false;
        const char *text = request->segments[segment++];
        bool any = *pattern == '{';
        if (!any && (strlen(text) != length || memcmp(text, pattern, length) != 0))
            return false;
        pattern += length;
    }
    return segment == request->segment_count;
}

enum ov_status route_find(struct request *request, struct ov_error *err)
{
    bool path_known = false;
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        if (!matches(table[i].pattern, request))
            continue;
        path_known = true;
        if (table[i].method == request->method) {
            request->route = &table[i];
            return OV_OK;
        }
    }
    if (!path_known)
        return ov_fail(err, OV_ERR_NOT_FOUND, "request.unknown_path",
                       "there is nothing at this path; see the API's description");
    char allowed[64];
    return ov_fail(err, OV_ERR_INVALID, "request.method", "this path takes %s only",
                   route_allowed(request, allowed, sizeof(allowed)));
}

const char *route_allowed(const struct request *request, char *out, size_t out_size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        if (!matches(table[i].pattern, request) || used >= out_size)
            continue;
        int wrote = snprintf(out + used, out_size - used, "%s%s", used > 0 ? ", " : "",
                             request_method_name(table[i].method));
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    return out;
}
