/* Membership queries: asked by one, confirmed by another, answered from the ledger and from the
 * lists that are not in it yet. */
#include "server/service/membership.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/service/act.h"
#include "server/service/check.h"
#include "server/service/deployments.h"
#include "server/service/entry_id.h"
#include "server/service/ledger.h"
#include "server/service/permissions.h"
#include "server/service/policy.h"
#include "server/store/watchlists.h"
#include "server/vault/vault.h"

/* --- asking --- */

static enum ov_status check_reference(const char *reference, struct ov_error *err)
{
    size_t length = strlen(reference);
    if (length >= 1 && length <= WATCHLIST_TEXT_MAX_BYTES &&
        ov_text_is_clean_utf8(reference, length))
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, "membership.reference",
                   "the reference has to be 1 to %d bytes of text without control characters",
                   WATCHLIST_TEXT_MAX_BYTES);
}

/* 0x01, which no reference holds, keeps commitments and pseudonyms apart; the id keeps any two
 * queries apart. */
static enum ov_status commit_to(const struct ledger_key *key, const struct ov_id *id,
                                const char *reference, uint8_t ret[MEMBERSHIP_COMMITMENT_BYTES],
                                struct ov_error *err)
{
    uint8_t input[1 + OV_ID_BYTES + WATCHLIST_TEXT_MAX_BYTES];
    size_t length = strlen(reference);
    input[0] = 0x01;
    memcpy(input + 1, id->bytes, OV_ID_BYTES);
    for (size_t i = 0; i < length; i++)
        input[1 + OV_ID_BYTES + i] = (uint8_t)reference[i];
    enum ov_status status = ledger_key_pseudonym(key, input, 1 + OV_ID_BYTES + length, ret, err);
    ov_wipe(input, sizeof(input));
    return status;
}

static enum ov_status write_event(struct service *service, const struct actor *actor,
                                  const char *name, const struct membership_query *query,
                                  int64_t lists, struct ov_error *err)
{
    struct audit_event *event = audit_event_new(name, actor, act_now_us(service));
    audit_event_object(event, "membership_query", &query->id);
    audit_event_code(event, "request_number", query->request_number);
    if (!ov_id_is_zero(&query->deployment_id))
        audit_event_deployment(event, &query->deployment_id);
    else
        audit_event_int(event, "day", query->day);
    /* How many, not which: two lists together could single out one pseudonym of the ledger. */
    if (lists >= 0)
        audit_event_int(event, "lists", lists);
    return audit_event_write(service->store, event, err);
}

static enum ov_status check_limit(struct service *service, const struct actor *actor,
                                  struct ov_error *err)
{
    struct policy policy;
    int64_t recent = 0;
    enum ov_status status = service_policy_show(service, actor, 0, &policy, err);
    if (status == OV_OK)
        status = store_membership_query_count_recent(service->store, &recent, err);
    if (status == OV_OK && recent >= policy.membership_per_day)
        status = ov_fail(err, OV_ERR_LIMIT, "membership.limit",
                         "there were %d queries within 24 hours, as many as may be; ask again "
                         "later",
                         policy.membership_per_day);
    return status;
}

static enum ov_status ask(struct service *service, const struct actor *actor,
                          const struct membership_query *query, struct ov_error *err)
{
    enum ov_status status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = check_limit(service, actor, err);
    if (status == OV_OK)
        status = store_membership_ask(service->store, query, err);
    if (status == OV_OK)
        status = write_event(service, actor, "membership.asked", query, -1, err);
    return act_end(service, status, err);
}

static enum ov_status fill_query(struct service *service, const struct actor *actor,
                                 const struct membership_question *question,
                                 struct membership_query *query, struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status = OV_OK;
    if (strlen(question->request_number) >= sizeof(query->request_number))
        return ov_fail(err, OV_ERR_INVALID, "membership.request",
                       "the request's number has 1 to 64 of letters, digits and / . _ -");
    *query = (struct membership_query){
        .id = ov_id_new(), .day = question->day, .asked_by = actor->principal.id};
    (void)snprintf(query->request_number, sizeof(query->request_number), "%s",
                   question->request_number);
    if (question->deployment == NULL)
        return OV_OK;
    status = service_deployment_find(service, actor, question->deployment, &deployment, err);
    if (status != OV_OK)
        return status;
    query->day = MEMBERSHIP_ANY_DAY;
    query->deployment_id = deployment.id;
    return OV_OK;
}

enum ov_status service_membership_ask(struct service *service, const struct actor *actor,
                                      const struct membership_question *question,
                                      struct membership_query *ret, struct ov_error *err)
{
    struct membership_query query = {.day = 0};
    struct ledger_key *key = NULL;
    enum ov_status status = check_permission(actor, ACTION_MEMBERSHIP_ASK, err);
    if (status == OV_OK)
        status = check_reference(question->reference, err);
    if (status == OV_OK)
        status = fill_query(service, actor, question, &query, err);
    if (status == OV_OK)
        status = ledger_open(service, &key, err);
    if (status == OV_OK)
        status = commit_to(key, &query.id, question->reference, query.commitment, err);
    ledger_key_free(key);
    if (status == OV_OK)
        status = ask(service, actor, &query, err);
    if (status != OV_OK)
        return status;
    query.asked_at_us = act_now_us(service);
    query.expires_at_us = query.asked_at_us + INT64_C(24) * 3600 * OV_US_PER_S;
    *ret = query;
    return OV_OK;
}

/* --- looking --- */

#define LISTS_MAX 512

struct answer {
    struct membership lists[LISTS_MAX];
    size_t count;
};

static enum ov_status add_list(void *ctx, const struct membership *list)
{
    struct answer *answer = ctx;
    for (size_t i = 0; i < answer->count; i++)
        if (ov_id_equal(&answer->lists[i].deployment_id, &list->deployment_id))
            return OV_OK; /* being erased: in the ledger already, and not yet gone */
    if (answer->count == LISTS_MAX)
        return OV_ERR_LIMIT;
    answer->lists[answer->count++] = *list;
    return OV_OK;
}

static enum ov_status note_approved(void *ctx, const struct watchlist_entry *entry)
{
    bool *approved = ctx;
    *approved = *approved || !ov_id_is_zero(&entry->approved_by);
    return OV_OK;
}

/* Whether a list that still has its key held the reference, whatever became of the entry. */
static enum ov_status was_approved(struct service *service, const struct ov_id *deployment_id,
                                   const char *reference, bool *ret_approved, struct ov_error *err)
{
    struct vault_key *key = NULL;
    struct ov_error inner = OV_ERROR_INIT;
    *ret_approved = false;
    enum ov_status status =
        vault_key_load(service->vault, VAULT_WATCHLIST, deployment_id, &key, &inner);
    if (status == OV_ERR_NOT_FOUND)
        return OV_OK; /* erased this moment: the ledger says */
    if (status != OV_OK)
        return ov_fail(err, inner.status, inner.code, "%s", inner.text);
    for (unsigned generation = 0; generation < ENTRY_GENERATIONS_MAX; generation++) {
        struct ov_id id;
        status = entry_id_make(key, reference, generation, &id, err);
        if (status == OV_OK)
            status = store_entry_get(service->store, deployment_id, &id, false, note_approved,
                                     ret_approved, &inner);
        if (status != OV_OK)
            break;
    }
    vault_key_free(key);
    if (status == OV_ERR_NOT_FOUND) /* of this generation there is none */
        return OV_OK;
    return status == OV_OK || err->status != OV_OK
               ? status
               : ov_fail(err, inner.status, inner.code, "%s", inner.text);
}

static enum ov_status look(struct service *service, const struct ledger_key *key,
                           const struct membership_query *query, const char *reference,
                           struct answer *answer, struct ov_error *err)
{
    uint8_t pseudonym[LEDGER_PSEUDONYM_BYTES];
    struct answer *open = calloc(1, sizeof(*open));
    const struct ov_id *deployment_id =
        ov_id_is_zero(&query->deployment_id) ? NULL : &query->deployment_id;
    if (open == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    memset(answer, 0, sizeof(*answer));
    enum ov_status status = ledger_key_pseudonym(key, reference, strlen(reference), pseudonym, err);
    /* Open lists first: one that is erased meanwhile is found in the ledger afterwards. */
    if (status == OV_OK)
        status = store_membership_each_open(service->store, query->day, deployment_id, add_list,
                                            open, err);
    for (size_t i = 0; i < open->count && status == OV_OK; i++) {
        bool approved = false;
        status = was_approved(service, &open->lists[i].deployment_id, reference, &approved, err);
        if (status == OV_OK && approved)
            status = add_list(answer, &open->lists[i]);
    }
    if (status == OV_OK)
        status = service_ledger_lists(service, pseudonym, query->day, deployment_id, add_list,
                                      answer, err);
    ov_wipe(pseudonym, sizeof(pseudonym));
    free(open);
    if (status != OV_OK && err->status == OV_OK)
        return ov_fail(err, status, "membership.many", "there are too many lists to answer");
    return status;
}

/* --- confirming --- */

struct confirmation {
    struct membership_query query;
    struct answer *answer;
    bool differs; /* committed all the same: it is counted */
};

static enum ov_status check_asked(const struct service *service, const struct actor *actor,
                                  const struct membership_query *query, struct ov_error *err)
{
    if (query->state != MEMBERSHIP_ASKED || !query->has_commitment)
        return ov_fail(err, OV_ERR_STATE, "membership.decided",
                       "this query is %s; it can be asked again",
                       membership_state_name((int)query->state));
    if (act_now_us(service) >= query->expires_at_us)
        return ov_fail(err, OV_ERR_STATE, "membership.expired",
                       "the query is older than a day; ask it again");
    if (ov_id_equal(&query->asked_by, &actor->principal.id))
        return ov_fail(err, OV_ERR_DENIED, "membership.same_person",
                       "you asked; another person of data protection or the higher authority "
                       "confirms");
    return OV_OK;
}

static enum ov_status count_mismatch(struct service *service, const struct actor *actor,
                                     struct membership_query *query, struct ov_error *err)
{
    enum ov_status status = store_membership_query_mismatch(service->store, &query->id, err);
    query->mismatches++;
    if (status == OV_OK && query->mismatches >= MEMBERSHIP_MISMATCHES_MAX)
        status =
            store_membership_query_end(service->store, &query->id, MEMBERSHIP_LAPSED, NULL, err);
    if (status == OV_OK)
        status = write_event(service, actor, "membership.differed", query, -1, err);
    return status;
}

static enum ov_status confirm(struct service *service, const struct actor *actor,
                              const struct ledger_key *key, const char *reference,
                              struct confirmation *c, struct ov_error *err)
{
    uint8_t commitment[MEMBERSHIP_COMMITMENT_BYTES];
    struct ov_id id = c->query.id;
    enum ov_status status = store_membership_query_lock(service->store, &id, &c->query, err);
    if (status == OV_OK)
        status = check_asked(service, actor, &c->query, err);
    if (status == OV_OK)
        status = commit_to(key, &id, reference, commitment, err);
    if (status != OV_OK)
        return status;
    c->differs = memcmp(commitment, c->query.commitment, sizeof(commitment)) != 0;
    if (c->differs)
        return count_mismatch(service, actor, &c->query, err);
    status = look(service, key, &c->query, reference, c->answer, err);
    if (status == OV_OK)
        status = store_membership_query_end(service->store, &id, MEMBERSHIP_ANSWERED,
                                            &actor->principal.id, err);
    if (status == OV_OK)
        status = write_event(service, actor, "membership.answered", &c->query,
                             (int64_t)c->answer->count, err);
    c->query.state = MEMBERSHIP_ANSWERED;
    c->query.decided_by = actor->principal.id;
    c->query.decided_at_us = act_now_us(service);
    return status;
}

static enum ov_status confirm_in_act(struct service *service, const struct actor *actor,
                                     const char *reference, struct confirmation *c,
                                     struct ov_error *err)
{
    struct ledger_key *key = NULL;
    enum ov_status status = ledger_open(service, &key, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status == OV_OK) {
        status = confirm(service, actor, key, reference, c, err);
        status = act_end(service, status, err);
    }
    ledger_key_free(key);
    if (status == OV_OK && c->differs)
        status =
            ov_fail(err, OV_ERR_DENIED, "membership.differs",
                    "this is not the reference that was asked about; %s",
                    c->query.mismatches >= MEMBERSHIP_MISMATCHES_MAX ? "the query is over now"
                                                                     : "look at the request again");
    return status;
}

enum ov_status
service_membership_confirm(struct service *service, const struct actor *actor,
                           const struct ov_id *id, const char *reference,
                           enum ov_status (*on_list)(void *ctx, const struct membership *),
                           void *ctx, struct membership_query *ret, struct ov_error *err)
{
    struct confirmation c = {.query = {.id = *id}};
    enum ov_status status = check_permission(actor, ACTION_MEMBERSHIP_CONFIRM, err);
    if (status == OV_OK)
        status = check_reference(reference, err);
    if (status != OV_OK)
        return status;
    c.answer = calloc(1, sizeof(*c.answer));
    if (c.answer == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    status = confirm_in_act(service, actor, reference, &c, err);
    for (size_t i = 0; i < c.answer->count && status == OV_OK; i++)
        status = on_list(ctx, &c.answer->lists[i]);
    if (status == OV_OK)
        *ret = c.query;
    ov_wipe(c.answer, sizeof(*c.answer));
    free(c.answer);
    return status;
}

/* --- withdrawing, lapsing, seeing --- */

static enum ov_status withdraw(struct service *service, const struct actor *actor,
                               const struct ov_id *id, struct ov_error *err)
{
    struct membership_query query = {.day = 0};
    enum ov_status status = store_membership_query_lock(service->store, id, &query, err);
    if (status == OV_OK && query.state != MEMBERSHIP_ASKED)
        status = ov_fail(err, OV_ERR_STATE, "membership.decided",
                         "this query is %s; only one that waits can be withdrawn",
                         membership_state_name((int)query.state));
    if (status == OV_OK)
        status = store_membership_query_end(service->store, id, MEMBERSHIP_WITHDRAWN,
                                            &actor->principal.id, err);
    return status == OV_OK ? write_event(service, actor, "membership.withdrawn", &query, -1, err)
                           : status;
}

enum ov_status service_membership_withdraw(struct service *service, const struct actor *actor,
                                           const struct ov_id *id, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_MEMBERSHIP_ASK, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    return status == OV_OK ? act_end(service, withdraw(service, actor, id, err), err) : status;
}

enum ov_status service_membership_each(struct service *service, const struct actor *actor,
                                       const struct store_page *page,
                                       enum ov_status (*on_row)(void *ctx,
                                                                const struct membership_query *),
                                       void *ctx, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_MEMBERSHIP_CONFIRM, err);
    if (status != OV_OK)
        return status;
    return store_membership_query_each(service->store, page, on_row, ctx, err);
}

struct lapsing {
    struct service *service;
    enum ov_status first; /* failure; the others lapse all the same */
    struct ov_error *err;
};

static enum ov_status lapse_one(struct service *service, const struct membership_query *query,
                                struct ov_error *err)
{
    enum ov_status status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = store_membership_query_end(service->store, &query->id, MEMBERSHIP_LAPSED, NULL, err);
    if (status == OV_OK)
        status = write_event(service, act_server(), "membership.lapsed", query, -1, err);
    return act_end(service, status, err);
}

static enum ov_status lapse(void *ctx, const struct membership_query *query)
{
    struct lapsing *lapsing = ctx;
    struct ov_error one = OV_ERROR_INIT;
    enum ov_status status = lapse_one(lapsing->service, query, &one);
    if (status != OV_OK && lapsing->first == OV_OK)
        lapsing->first = ov_fail(lapsing->err, status, one.code, "%s", one.text);
    return OV_OK;
}

enum ov_status service_membership_lapse(struct service *service, struct ov_error *err)
{
    struct lapsing lapsing = {service, OV_OK, err};
    enum ov_status status =
        store_membership_query_each_expired(service->store, lapse, &lapsing, err);
    return status != OV_OK ? status : lapsing.first;
}
