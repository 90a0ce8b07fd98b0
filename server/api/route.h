/* Which request goes where: one table. Pure; any thread. */
#ifndef OVERT_SERVER_API_ROUTE_H
#define OVERT_SERVER_API_ROUTE_H

#include "server/api/api.h"
#include "server/api/request.h"
#include "server/service/permissions.h"
#include "server/service/service.h"

/* What a handler works with, on a worker's thread. */
struct call {
    struct service *service;
    const struct actor *actor;
    struct request *request;
    const struct api_options *options;
    int64_t up_since_us; /* monotonic */
};

enum route_body { BODY_NONE, BODY_JSON, BODY_JPEG };

#define BODY_JSON_MAX_BYTES ((size_t)64 * 1024)
#define BODY_JPEG_MAX_BYTES ((size_t)16 * 1024 * 1024)

struct route {
    enum request_method method;
    const char *pattern; /* "{...}" stands for any one segment; also the name in the log */
    enum action action;  /* asked before the body is read; the rules ask again */
    enum route_body body;
    enum ov_status (*handle)(struct call *call, struct ov_error *err);
};

/* Sets request->route. "request.unknown_path", or "request.method" when the path has others. */
OV_CHECKED enum ov_status route_find(struct request *request, struct ov_error *err);
/* The methods the request's path has, "GET, POST"; returns out. */
const char *route_allowed(const struct request *request, char *out, size_t out_size);

/* Whether it makes something new each time: takes an Idempotency-Key, with which it is done once
 * however often it is sent (repeat.h). Its answers hold nothing that is sealed. */
bool route_creates(const struct route *route);

/* Whether it takes parameters after a '?'; every other route is called without any. */
bool route_takes_query(const struct route *route);

/* The whole table, for tests. */
const struct route *route_table(size_t *ret_count);

/* Handlers: each fills the reply or fails with an error for people. */
enum ov_status handle_description(struct call *call, struct ov_error *err);
enum ov_status handle_evidence_list(struct call *call, struct ov_error *err);
enum ov_status handle_evidence_propose(struct call *call, struct ov_error *err);
enum ov_status handle_evidence_renew(struct call *call, struct ov_error *err);
enum ov_status handle_evidence_confirm(struct call *call, struct ov_error *err);
enum ov_status handle_evidence_release(struct call *call, struct ov_error *err);
enum ov_status handle_evidence_export(struct call *call, struct ov_error *err);
enum ov_status handle_status(struct call *call, struct ov_error *err);
enum ov_status handle_site_add(struct call *call, struct ov_error *err);
enum ov_status handle_site_list(struct call *call, struct ov_error *err);
enum ov_status handle_membership_ask(struct call *call, struct ov_error *err);
enum ov_status handle_membership_list(struct call *call, struct ov_error *err);
enum ov_status handle_membership_confirm(struct call *call, struct ov_error *err);
enum ov_status handle_membership_withdraw(struct call *call, struct ov_error *err);
enum ov_status handle_people_list(struct call *call, struct ov_error *err);
enum ov_status handle_people_decision_list(struct call *call, struct ov_error *err);
enum ov_status handle_people_propose(struct call *call, struct ov_error *err);
enum ov_status handle_people_confirm(struct call *call, struct ov_error *err);
enum ov_status handle_people_withdraw(struct call *call, struct ov_error *err);
enum ov_status handle_people_suspend(struct call *call, struct ov_error *err);
enum ov_status handle_people_revoke(struct call *call, struct ov_error *err);
enum ov_status handle_site_suspend(struct call *call, struct ov_error *err);
enum ov_status handle_alarm_list(struct call *call, struct ov_error *err);
enum ov_status handle_alarm_clear(struct call *call, struct ov_error *err);
enum ov_status handle_notice_get(struct call *call, struct ov_error *err);
enum ov_status handle_notice_publish(struct call *call, struct ov_error *err);
enum ov_status handle_notice_waive(struct call *call, struct ov_error *err);
enum ov_status handle_policy_list(struct call *call, struct ov_error *err);
enum ov_status handle_policy_get(struct call *call, struct ov_error *err);
enum ov_status handle_policy_draft(struct call *call, struct ov_error *err);
enum ov_status handle_policy_propose(struct call *call, struct ov_error *err);
enum ov_status handle_policy_statement(struct call *call, struct ov_error *err);
enum ov_status handle_policy_approve(struct call *call, struct ov_error *err);
enum ov_status handle_policy_refuse(struct call *call, struct ov_error *err);
enum ov_status handle_model_list(struct call *call, struct ov_error *err);
enum ov_status handle_model_draft(struct call *call, struct ov_error *err);
enum ov_status handle_model_propose(struct call *call, struct ov_error *err);
enum ov_status handle_model_statement(struct call *call, struct ov_error *err);
enum ov_status handle_model_approve(struct call *call, struct ov_error *err);
enum ov_status handle_model_refuse(struct call *call, struct ov_error *err);
enum ov_status handle_model_withdraw(struct call *call, struct ov_error *err);
enum ov_status handle_deployment_create(struct call *call, struct ov_error *err);
enum ov_status handle_deployment_list(struct call *call, struct ov_error *err);
enum ov_status handle_deployment_get(struct call *call, struct ov_error *err);
enum ov_status handle_deployment_edit(struct call *call, struct ov_error *err);
enum ov_status handle_deployment_document(struct call *call, struct ov_error *err);
enum ov_status handle_deployment_statement(struct call *call, struct ov_error *err);
enum ov_status handle_deployment_apply(struct call *call, struct ov_error *err);
enum ov_status handle_deployment_authorise(struct call *call, struct ov_error *err);
enum ov_status handle_deployment_refuse(struct call *call, struct ov_error *err);
enum ov_status handle_deployment_cancel(struct call *call, struct ov_error *err);
enum ov_status handle_deployment_oral(struct call *call, struct ov_error *err);
enum ov_status handle_deployment_start(struct call *call, struct ov_error *err);
enum ov_status handle_deployment_stop(struct call *call, struct ov_error *err);
enum ov_status handle_deployment_pause(struct call *call, struct ov_error *err);
enum ov_status handle_deployment_resume(struct call *call, struct ov_error *err);
enum ov_status handle_settings_get(struct call *call, struct ov_error *err);
enum ov_status handle_settings_draft(struct call *call, struct ov_error *err);
enum ov_status handle_settings_change(struct call *call, struct ov_error *err);
enum ov_status handle_settings_statement(struct call *call, struct ov_error *err);
enum ov_status handle_settings_approve(struct call *call, struct ov_error *err);
enum ov_status handle_settings_refuse(struct call *call, struct ov_error *err);
enum ov_status handle_signs_confirm(struct call *call, struct ov_error *err);
enum ov_status handle_duty_list(struct call *call, struct ov_error *err);
enum ov_status handle_duty_take(struct call *call, struct ov_error *err);
enum ov_status handle_duty_heartbeat(struct call *call, struct ov_error *err);
enum ov_status handle_duty_end(struct call *call, struct ov_error *err);
enum ov_status handle_duty_hand_over(struct call *call, struct ov_error *err);
enum ov_status handle_deployment_erase(struct call *call, struct ov_error *err);
enum ov_status handle_waiver_ask(struct call *call, struct ov_error *err);
enum ov_status handle_waiver_list(struct call *call, struct ov_error *err);
enum ov_status handle_waiver_confirm(struct call *call, struct ov_error *err);
enum ov_status handle_waiver_withdraw(struct call *call, struct ov_error *err);
enum ov_status handle_erasure_get(struct call *call, struct ov_error *err);
enum ov_status handle_erasure_check(struct call *call, struct ov_error *err);
enum ov_status handle_watchlist_add(struct call *call, struct ov_error *err);
enum ov_status handle_watchlist_list(struct call *call, struct ov_error *err);
enum ov_status handle_watchlist_approve(struct call *call, struct ov_error *err);
enum ov_status handle_watchlist_remove(struct call *call, struct ov_error *err);
enum ov_status handle_watchlist_compare(struct call *call, struct ov_error *err);
enum ov_status handle_watchlist_open(struct call *call, struct ov_error *err);
enum ov_status handle_image_decide(struct call *call, struct ov_error *err);
enum ov_status handle_round_draw(struct call *call, struct ov_error *err);
enum ov_status handle_round_get(struct call *call, struct ov_error *err);
enum ov_status handle_round_approve(struct call *call, struct ov_error *err);
enum ov_status handle_review_show(struct call *call, struct ov_error *err);
enum ov_status handle_review_confirm(struct call *call, struct ov_error *err);
enum ov_status handle_alert_list(struct call *call, struct ov_error *err);

#endif
