/*
 * Reviewing a list before going live: what was added, removed and expired since the review before,
 * and who of those added was on the list of an earlier deployment. The ledger knows that by
 * pseudonym; the references are opened one by one and wiped.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "server/service/act.h"
#include "server/service/approval.h"
#include "server/service/ledger.h"
#include "server/service/permissions.h"
#include "server/service/watchlist_private.h"
#include "server/vault/ledger_key.h"

#define US_PER_HOUR (INT64_C(3600) * OV_US_PER_S)

struct reviewing {
    struct service *service;
    const struct vault_key *key;
    const struct ledger_key *ledger;
    struct review *review;
    struct ov_buf pseudonyms; /* of what was added, one after the other */
    struct ov_buf rows;       /* for each of these its row in the review, or SIZE_MAX: size_t */
    struct ov_error *err;
};

static enum ov_status note_pseudonym(struct reviewing *reviewing, const struct review_entry *row,
                                     size_t review_row)
{
    uint8_t pseudonym[LEDGER_PSEUDONYM_BYTES];
    struct ov_secret reference = OV_SECRET_INIT;
    if (row->sealed_reference.data == NULL)
        return OV_OK;
    enum ov_status status =
        vault_unseal(reviewing->key, "entry.reference", &row->id, row->sealed_reference.data,
                     row->sealed_reference.size, &reference, reviewing->err);
    if (status == OV_OK)
        status = ledger_key_pseudonym(reviewing->ledger, reference.data, reference.size, pseudonym,
                                      reviewing->err);
    ov_secret_free(&reference);
    if (status != OV_OK)
        return status;
    ov_buf_append(&reviewing->pseudonyms, pseudonym, sizeof(pseudonym));
    ov_buf_append(&reviewing->rows, &review_row, sizeof(review_row));
    return reviewing->pseudonyms.failed || reviewing->rows.failed
               ? ov_fail(reviewing->err, OV_ERR_NOMEM, "memory", "out of memory")
               : OV_OK;
}

static enum ov_status on_entry(void *ctx, const struct review_entry *row)
{
    struct reviewing *reviewing = ctx;
    struct review *review = reviewing->review;
    size_t at = SIZE_MAX;
    if (review->row_count < REVIEW_ROWS_MAX) {
        at = review->row_count++;
        review->rows[at] = (struct review_row){.id = row->id, .state = row->state};
        memcpy(review->rows[at].category, row->category, sizeof(row->category));
    }
    return row->state == ENTRY_APPROVED ? note_pseudonym(reviewing, row, at) : OV_OK;
}

static enum ov_status on_known(void *ctx, const struct membership_known *known)
{
    struct reviewing *reviewing = ctx;
    size_t count = reviewing->pseudonyms.length / LEDGER_PSEUDONYM_BYTES;
    for (size_t i = 0; i < count; i++) {
        size_t row = SIZE_MAX;
        if (memcmp(reviewing->pseudonyms.data + i * LEDGER_PSEUDONYM_BYTES, known->pseudonym,
                   LEDGER_PSEUDONYM_BYTES) != 0)
            continue;
        reviewing->review->relisted++;
        memcpy(&row, reviewing->rows.data + i * sizeof(row), sizeof(row));
        if (row != SIZE_MAX)
            reviewing->review->rows[row].relisted = true;
    }
    return OV_OK;
}

static enum ov_status look(struct reviewing *reviewing, const struct ov_id *deployment_id,
                           struct ov_error *err)
{
    struct service *service = reviewing->service;
    enum ov_status status =
        store_review_figures(service->store, deployment_id, &reviewing->review->figures, err);
    if (status == OV_OK)
        status = store_review_each(service->store, deployment_id, on_entry, reviewing, err);
    size_t count = reviewing->pseudonyms.length / LEDGER_PSEUDONYM_BYTES;
    if (status == OV_OK && count > 0)
        status = service_ledger_known(service, (const uint8_t *)reviewing->pseudonyms.data, count,
                                      deployment_id, on_known, reviewing, err);
    return status;
}

static enum ov_status write_review(struct service *service, const char *name,
                                   const struct actor *actor, const struct ov_id *deployment_id,
                                   const struct review *review, struct ov_error *err)
{
    const struct review_figures *figures = &review->figures;
    struct audit_event *event = audit_event_new(name, actor, act_now_us(service));
    audit_event_deployment(event, deployment_id);
    audit_event_object(event, "deployment", deployment_id);
    audit_event_int(event, "list_version", figures->list_version);
    audit_event_int(event, "approved", figures->approved);
    audit_event_int(event, "blue_list", figures->blue_list);
    audit_event_int(event, "added", figures->added);
    audit_event_int(event, "removed", figures->removed);
    audit_event_int(event, "expired", figures->expired);
    audit_event_int(event, "relisted", review->relisted);
    return audit_event_write(service->store, event, err);
}

static enum ov_status confirm(struct reviewing *reviewing, const struct actor *actor,
                              const struct ov_id *deployment_id, int64_t list_version,
                              struct ov_error *err)
{
    const struct review_figures *figures = &reviewing->review->figures;
    if (figures->list_version != list_version)
        return ov_fail(err, OV_ERR_CONFLICT, "review.stale",
                       "the list has changed since you looked; look again before you confirm");
    if (figures->approved < 1)
        return ov_fail(err, OV_ERR_STATE, "deployment.no_entries",
                       "the watchlist has no approved entry; there is nothing to confirm");
    return store_review_add(reviewing->service->store, deployment_id, &actor->principal.id,
                            act_now_us(reviewing->service), figures, reviewing->review->relisted,
                            err);
}

/* list_version: NULL to look only. */
static enum ov_status review_locked(struct reviewing *reviewing, const struct actor *actor,
                                    const struct ov_id *deployment_id, const int64_t *list_version,
                                    struct ov_error *err)
{
    enum ov_status status = watchlist_lock(reviewing->service, deployment_id, err);
    if (status == OV_OK)
        status = look(reviewing, deployment_id, err);
    if (status == OV_OK && list_version != NULL)
        status = confirm(reviewing, actor, deployment_id, *list_version, err);
    return status == OV_OK
               ? write_review(reviewing->service,
                              list_version != NULL ? "watchlist.reviewed" : "watchlist.review_seen",
                              actor, deployment_id, reviewing->review, err)
               : status;
}

static enum ov_status review(struct service *service, const struct actor *actor,
                             const struct ov_id *deployment_id, const int64_t *list_version,
                             struct review *ret, struct ov_error *err)
{
    struct vault_key *key = NULL;
    struct ledger_key *ledger = NULL;
    memset(ret, 0, sizeof(*ret));
    enum ov_status status = check_permission(actor, ACTION_WATCHLIST_REVIEW, err);
    if (status == OV_OK)
        status = vault_key_load(service->vault, VAULT_WATCHLIST, deployment_id, &key, err);
    if (status == OV_OK)
        status = ledger_open(service, &ledger, err);
    struct reviewing reviewing = {.service = service,
                                  .key = key,
                                  .ledger = ledger,
                                  .review = ret,
                                  .pseudonyms = OV_BUF_INIT,
                                  .rows = OV_BUF_INIT,
                                  .err = err};
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status == OV_OK)
        status = act_end(service,
                         review_locked(&reviewing, actor, deployment_id, list_version, err), err);
    ledger_key_free(ledger);
    vault_key_free(key);
    ov_buf_free(&reviewing.pseudonyms);
    ov_buf_free(&reviewing.rows);
    return status;
}

enum ov_status service_review_show(struct service *service, const struct actor *actor,
                                   const struct ov_id *deployment_id, struct review *ret,
                                   struct ov_error *err)
{
    return review(service, actor, deployment_id, NULL, ret, err);
}

enum ov_status service_review_confirm(struct service *service, const struct actor *actor,
                                      const struct ov_id *deployment_id, int64_t list_version,
                                      struct review *ret, struct ov_error *err)
{
    return review(service, actor, deployment_id, &list_version, ret, err);
}

enum ov_status check_reviewed(struct service *service, const struct deployment *deployment,
                              const struct policy *policy, struct ov_error *err)
{
    struct review_figures figures = {.approved = 0};
    enum ov_status status = store_review_figures(service->store, &deployment->id, &figures, err);
    if (status != OV_OK)
        return status;
    if (figures.approved < 1)
        return ov_fail(err, OV_ERR_STATE, "deployment.no_entries",
                       "the watchlist has no approved entry; there is nothing to look for");
    if (figures.last_at_us < act_now_us(service) - policy->review_max_h * US_PER_HOUR)
        return ov_fail(err, OV_ERR_STATE, "watchlist.not_reviewed",
                       "the watchlist has not been reviewed within the last %d hours; a watchlist "
                       "manager or an authorising officer has to",
                       policy->review_max_h);
    if (figures.added_since > 0)
        return ov_fail(err, OV_ERR_STATE, "watchlist.not_reviewed",
                       "%lld entries were approved after the last review of the watchlist; review "
                       "it again",
                       (long long)figures.added_since);
    return OV_OK;
}
