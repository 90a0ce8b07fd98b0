/* /v1/people, and suspending a site. On a worker's thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/api/json_in.h"
#include "server/api/names.h"
#include "server/api/page.h"
#include "server/api/reply.h"
#include "server/service/people_decisions.h"

/* --- as JSON --- */

static json_t *roles_json(unsigned roles)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        if ((roles & (1u << i)) != 0)
            (void)json_array_append_new(array, json_string(role_name((enum role)(1u << i))));
    }
    return array;
}

static json_t *words_json(char *words)
{
    json_t *array = json_array();
    for (const char *word = strsep(&words, " "); word != NULL; word = strsep(&words, " ")) {
        if (*word != '\0')
            (void)json_array_append_new(array, json_string(word));
    }
    return array;
}

struct people_page {
    json_t *json;
    struct ov_id last;
};

static enum ov_status on_person(void *ctx, const struct person_row *person)
{
    struct people_page *page = ctx;
    char identities[PRINCIPAL_IDENTITIES_TEXT];
    memcpy(identities, person->identities, sizeof(identities));
    json_t *json = json_pack("{so ss sb so so so}", "id", reply_id(&person->principal.id), "name",
                             person->principal.name, "active", person->principal.active, "roles",
                             roles_json(person->principal.roles), "identities",
                             words_json(identities), "added_at", reply_time(person->added_at_us));
    page->last = person->principal.id;
    return json_array_append_new(page->json, json) == 0 ? OV_OK : OV_ERR_NOMEM;
}

static const char *state_of(const struct names *names, const struct people_decision *decision)
{
    int64_t now_us = ov_clock_utc_us(names->call->service->clock);
    if (decision->state == PEOPLE_PROPOSED && now_us >= decision->expires_at_us)
        return "expired";
    return people_decision_state_name((int)decision->state);
}

static json_t *decision_json(struct names *names, const struct people_decision *d,
                             struct ov_error *err)
{
    return json_pack(
        "{so ss ss ss so so ss so so so so so}", "id", reply_id(&d->id), "kind",
        people_decision_kind_name((int)d->kind), "name", d->name, "about",
        d->about == PRINCIPAL_SITE ? "site" : "person", "roles", roles_json(d->roles), "identity",
        d->uri[0] != '\0' ? json_string(d->uri) : json_null(), "state", state_of(names, d),
        "proposed_by", names_principal(names, &d->proposed_by, err), "proposed_at",
        reply_time(d->proposed_at_us), "expires_at", reply_time(d->expires_at_us), "decided_by",
        names_principal(names, &d->decided_by, err), "decided_at", reply_time(d->decided_at_us));
}

static enum ov_status reply_decision(struct call *call, int http_status,
                                     const struct people_decision *decision, struct ov_error *err)
{
    struct names names;
    names_init(&names, call);
    json_t *json = decision_json(&names, decision, err);
    names_done(&names);
    if (json == NULL && err->status != OV_OK)
        return err->status;
    return reply_json(call->request, http_status, json, err);
}

/* --- seeing --- */

enum ov_status handle_people_list(struct call *call, struct ov_error *err)
{
    struct people_page people = {.json = json_array()};
    struct page page;
    enum ov_status status = page_read(call->request, &page, err);
    if (status == OV_OK) {
        const struct store_page piece = {page_after(&page), page.limit};
        status = service_person_each(call->service, call->actor, &piece, on_person, &people, err);
    }
    return page_reply(call->request, &page, "people", people.json, &people.last, status, err);
}

struct decision_list {
    struct people_decision rows[PAGE_LIMIT_MAX];
    size_t count;
};

static enum ov_status on_decision(void *ctx, const struct people_decision *decision)
{
    struct decision_list *list = ctx;
    if (list->count == PAGE_LIMIT_MAX)
        return OV_ERR_LIMIT;
    list->rows[list->count++] = *decision;
    return OV_OK;
}

static enum ov_status reply_decisions(struct call *call, bool all, const struct page *page,
                                      struct decision_list *list, struct ov_error *err)
{
    const struct store_page piece = {page_after(page), page->limit};
    enum ov_status status = service_people_decision_each(call->service, call->actor, all, &piece,
                                                         on_decision, list, err);
    if (status != OV_OK)
        return status;
    struct names names;
    json_t *array = json_array();
    names_init(&names, call);
    for (size_t i = 0; i < list->count && status == OV_OK; i++) {
        if (json_array_append_new(array, decision_json(&names, &list->rows[i], err)) != 0)
            status = err->status != OV_OK ? err->status : OV_ERR_NOMEM;
    }
    names_done(&names);
    const struct ov_id *last = list->count > 0 ? &list->rows[list->count - 1].id : NULL;
    return page_reply(call->request, page, "decisions", array, last, status, err);
}

enum ov_status handle_people_decision_list(struct call *call, struct ov_error *err)
{
    struct page page;
    bool all = false;
    enum ov_status status = page_read_state(call->request, "proposed", &page, &all, err);
    if (status != OV_OK)
        return status;
    struct decision_list *list = calloc(1, sizeof(*list));
    status = list == NULL ? OV_ERR_NOMEM : reply_decisions(call, all, &page, list, err);
    free(list);
    return status;
}

/* --- proposing and deciding --- */

static enum ov_status read_roles(struct request *request, const json_t *names, unsigned *ret_roles,
                                 struct ov_error *err)
{
    const json_t *name = NULL;
    size_t i = 0;
    *ret_roles = 0;
    json_array_foreach(names, i, name)
    {
        unsigned role = role_by_name(json_string_value(name));
        if (role == 0) {
            (void)snprintf(request->field, sizeof(request->field), "roles");
            return ov_fail(err, OV_ERR_INVALID, "people.roles",
                           "there is no such role; 'overtctl people add --help' has them all");
        }
        *ret_roles |= role;
    }
    return OV_OK;
}

static enum ov_status read_kind(struct request *request, const char *name,
                                enum people_decision_kind *ret, struct ov_error *err)
{
    for (int kind = 0; kind < PEOPLE_DECISION_KINDS; kind++) {
        if (strcmp(name, people_decision_kind_name(kind)) == 0) {
            *ret = (enum people_decision_kind)kind;
            return OV_OK;
        }
    }
    (void)snprintf(request->field, sizeof(request->field), "kind");
    return ov_fail(err, OV_ERR_INVALID, "people.kind",
                   "kind is add_person, grant_role, add_identity or reactivate");
}

enum { PROPOSE_KIND, PROPOSE_PERSON, PROPOSE_SITE, PROPOSE_ROLES, PROPOSE_IDENTITY, PROPOSE_COUNT };

static enum ov_status read_proposal(struct request *request, const struct json_in_member *members,
                                    struct people_proposal *ret, struct ov_error *err)
{
    const char *person = json_string_value(members[PROPOSE_PERSON].value);
    const char *site = json_string_value(members[PROPOSE_SITE].value);
    const char *identity = json_string_value(members[PROPOSE_IDENTITY].value);
    if ((person == NULL) == (site == NULL)) {
        (void)snprintf(request->field, sizeof(request->field), "person");
        return ov_fail(err, OV_ERR_INVALID, "people.name", "name either a person or a site");
    }
    *ret = (struct people_proposal){
        .target = {site != NULL ? PRINCIPAL_SITE : PRINCIPAL_PERSON, site != NULL ? site : person},
        .identity = identity != NULL ? identity : ""};
    enum ov_status status =
        read_kind(request, json_string_value(members[PROPOSE_KIND].value), &ret->kind, err);
    if (status == OV_OK)
        status = read_roles(request, members[PROPOSE_ROLES].value, &ret->roles, err);
    return status;
}

enum ov_status handle_people_propose(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct people_proposal proposal;
    struct people_decision decision;
    json_t *root = NULL;
    struct json_in_member members[PROPOSE_COUNT] = {
        [PROPOSE_KIND] = {"kind", JSON_IN_STRING, true, NULL},
        [PROPOSE_PERSON] = {"person", JSON_IN_STRING, false, NULL},
        [PROPOSE_SITE] = {"site", JSON_IN_STRING, false, NULL},
        [PROPOSE_ROLES] = {"roles", JSON_IN_STRINGS, false, NULL},
        [PROPOSE_IDENTITY] = {"identity", JSON_IN_STRING, false, NULL},
    };
    enum ov_status status = json_in_read(request, request->body.data, request->body.size, members,
                                         PROPOSE_COUNT, &root, err);
    if (status == OV_OK)
        status = read_proposal(request, members, &proposal, err);
    if (status == OV_OK)
        status = service_people_propose(call->service, call->actor, &proposal, &decision, err);
    json_decref(root);
    return status == OV_OK ? reply_decision(call, 201, &decision, err) : status;
}

typedef enum ov_status (*decide)(struct service *service, const struct actor *actor,
                                 const struct ov_id *id, struct people_decision *ret,
                                 struct ov_error *err);

static enum ov_status decide_on(struct call *call, decide act, struct ov_error *err)
{
    struct request *request = call->request;
    struct people_decision decision;
    struct ov_id id;
    enum ov_status status = json_in_nothing(request, err);
    if (status != OV_OK)
        return status;
    if (ov_id_parse(request->segments[3], &id) != OV_OK)
        return ov_fail(err, OV_ERR_NOT_FOUND, "people.no_proposal",
                       "there is no such proposal; see the list of those that wait");
    status = act(call->service, call->actor, &id, &decision, err);
    return status == OV_OK ? reply_decision(call, 200, &decision, err) : status;
}

enum ov_status handle_people_confirm(struct call *call, struct ov_error *err)
{
    return decide_on(call, service_people_confirm, err);
}

enum ov_status handle_people_withdraw(struct call *call, struct ov_error *err)
{
    return decide_on(call, service_people_withdraw, err);
}

/* --- narrowing --- */

static enum ov_status suspend(struct call *call, enum principal_kind kind, struct ov_error *err)
{
    struct request *request = call->request;
    struct json_in_member reason = {"reason", JSON_IN_STRING, false, NULL};
    const struct people_target target = {kind, request->segments[2]};
    json_t *root = NULL;
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, &reason, 1, &root, err);
    if (status == OV_OK)
        status = service_people_suspend(
            call->service, call->actor, &target,
            reason.value != NULL ? json_string_value(reason.value) : "manual", err);
    json_decref(root);
    if (status == OV_OK)
        reply_empty(request);
    return status;
}

enum ov_status handle_people_suspend(struct call *call, struct ov_error *err)
{
    return suspend(call, PRINCIPAL_PERSON, err);
}

enum ov_status handle_site_suspend(struct call *call, struct ov_error *err)
{
    return suspend(call, PRINCIPAL_SITE, err);
}

enum ov_status handle_people_revoke(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct json_in_member members[] = {{"role", JSON_IN_STRING, true, NULL},
                                       {"reason", JSON_IN_STRING, false, NULL}};
    json_t *root = NULL;
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, members, 2, &root, err);
    if (status != OV_OK)
        return status;
    unsigned role = role_by_name(json_string_value(members[0].value));
    if (role == 0) {
        (void)snprintf(request->field, sizeof(request->field), "role");
        status = ov_fail(err, OV_ERR_INVALID, "people.roles",
                         "there is no such role; 'overtctl people add --help' has them all");
    } else {
        status = service_people_revoke(
            call->service, call->actor, request->segments[2], (enum role)role,
            members[1].value != NULL ? json_string_value(members[1].value) : "manual", err);
    }
    json_decref(root);
    if (status == OV_OK)
        reply_empty(request);
    return status;
}
