/* Proposals about people, and what is done once they are confirmed. */
#include "server/store/people_decisions.h"

#include <string.h>

#include "server/store/people_rows.h"
#include "server/store/statement.h"

const char *people_decision_kind_name(int kind)
{
    static const char *const names[PEOPLE_DECISION_KINDS] = {"add_person", "grant_role",
                                                             "add_identity", "reactivate"};
    return names[kind];
}

const char *people_decision_state_name(int state)
{
    static const char *const names[] = {"proposed", "confirmed", "withdrawn"};
    return names[state];
}

enum ov_status store_people_propose(struct store *store, const struct people_decision *proposal,
                                    struct ov_error *err)
{
    char roles[ROLES_TEXT_SIZE];
    struct params params = PARAMS_INIT;
    enum ov_status status = roles_format(proposal->roles, roles, err);
    if (status != OV_OK)
        return status;
    params_id(&params, &proposal->id);
    params_text(&params, people_decision_kind_name((int)proposal->kind));
    params_id(&params, &proposal->principal_id);
    params_text(&params, proposal->kind == PEOPLE_ADD_PERSON ? proposal->name : NULL);
    params_array(&params, roles);
    params_text(&params, proposal->uri[0] != '\0' ? proposal->uri : NULL);
    params_id(&params, &proposal->proposed_by);
    return statement_run(store, STATEMENT_PEOPLE_DECISION_ADD, &params, NULL, err);
}

static void read_decision(struct row *row, struct people_decision *ret)
{
    memset(ret, 0, sizeof(*ret));
    row_id(row, &ret->id);
    ret->kind = (enum people_decision_kind)row_choice(row, people_decision_kind_name,
                                                      PEOPLE_DECISION_KINDS);
    row_id(row, &ret->principal_id);
    row_text(row, ret->name, sizeof(ret->name));
    ret->about = (enum principal_kind)row_choice(row, principal_kind_name, 2);
    row_roles(row, &ret->roles);
    row_text(row, ret->uri, sizeof(ret->uri));
    row_id(row, &ret->proposed_by);
    ret->proposed_at_us = row_time(row);
    ret->expires_at_us = row_time(row);
    ret->state = (enum people_decision_state)row_choice(row, people_decision_state_name, 3);
    row_id(row, &ret->decided_by);
    ret->decided_at_us = row_time(row);
}

static enum ov_status on_one(void *ctx, struct row *row, struct ov_error *err)
{
    read_decision(row, ctx);
    return row_done(row, err);
}

enum ov_status store_people_decision_get(struct store *store, const struct ov_id *id,
                                         bool for_update, struct people_decision *ret,
                                         struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    struct people_decision found;
    int64_t count = 0;
    enum ov_status status = for_update ? statement_need_transaction(store, err) : OV_OK;
    if (status != OV_OK)
        return status;
    params_id(&params, id);
    status = statement_each(store,
                            for_update ? STATEMENT_PEOPLE_DECISION_GET_FOR_UPDATE
                                       : STATEMENT_PEOPLE_DECISION_GET,
                            &params, on_one, &found, &count, err);
    if (status == OV_OK && count == 0)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "people.no_proposal",
                         "there is no such proposal; 'overtctl people list' shows those that wait");
    if (status == OV_OK)
        *ret = found;
    return status;
}

enum ov_status store_people_decide(struct store *store, const struct ov_id *id,
                                   enum people_decision_state state, const struct ov_id *by,
                                   struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    params_text(&params, people_decision_state_name((int)state));
    params_id(&params, by);
    return statement_run(store, STATEMENT_PEOPLE_DECISION_DECIDE, &params, NULL, err);
}

struct decision_sink {
    enum ov_status (*on_row)(void *ctx, const struct people_decision *decision);
    void *ctx;
};

static enum ov_status on_each(void *ctx, struct row *row, struct ov_error *err)
{
    const struct decision_sink *sink = ctx;
    struct people_decision decision;
    read_decision(row, &decision);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &decision) : status;
}

enum ov_status
store_people_decision_each(struct store *store, bool with_decided, const struct store_page *page,
                           enum ov_status (*on_row)(void *ctx, const struct people_decision *),
                           void *ctx, struct ov_error *err)
{
    struct decision_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_bool(&params, with_decided);
    params_i64(&params, page->limit);
    params_id(&params, page->after);
    return statement_each(store, STATEMENT_PEOPLE_DECISION_EACH, &params, on_each, &sink, NULL,
                          err);
}

enum ov_status store_principal_grant(struct store *store, const struct ov_id *id, unsigned roles,
                                     struct ov_error *err)
{
    char text[ROLES_TEXT_SIZE];
    struct params params = PARAMS_INIT;
    enum ov_status status = roles_format(roles, text, err);
    if (status != OV_OK)
        return status;
    params_id(&params, id);
    params_array(&params, text);
    return statement_run(store, STATEMENT_PRINCIPAL_GRANT, &params, NULL, err);
}

enum ov_status store_principal_add_identity(struct store *store, const struct ov_id *id,
                                            const char *uri, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    params_text(&params, uri);
    return statement_run(store, STATEMENT_PRINCIPAL_ADD_IDENTITY, &params, NULL, err);
}
