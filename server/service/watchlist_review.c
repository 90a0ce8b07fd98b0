/*
 * Reviewing a list before going live: what was added, removed and expired since the review before,
 * and who of those added was on the list of another deployment, with which pictures. All of it is
 * looked at before the deployment is locked, since that takes seconds; what is recorded is what was
 * seen, or nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "server/service/act.h"
#include "server/service/approval.h"
#include "server/service/ledger.h"
#include "server/service/permissions.h"
#include "server/service/relisting_lists.h"
#include "server/service/watchlist_private.h"
#include "server/vault/ledger_key.h"

#define US_PER_HOUR (INT64_C(3600) * OV_US_PER_S)
#define ATTEMPTS 3 /* of looking at a list that others are changing */

/* Its number among those that are compared, which those that went are not. */
struct change {
    struct review_row row;
    size_t number;
};
#define NOT_COMPARED SIZE_MAX

struct reviewing {
    struct service *service;
    const struct actor *actor;
    const struct ov_id *deployment_id;
    const struct vault_key *key;
    const struct ledger_key *ledger;
    struct review *review;
    struct relisting *relisting;
    size_t compared;
    struct change *changes; /* all, oldest first */
    size_t count;
    size_t capacity;
    struct ov_error *err;
};

const char *review_images_name(enum review_images images)
{
    switch (images) {
    case REVIEW_NOT_LISTED:
        return "";
    case REVIEW_IMAGES_SAME:
        return "same";
    case REVIEW_IMAGES_NEW:
        return "new";
    case REVIEW_IMAGES_UNKNOWN:
        return "unknown";
    }
    return "unknown";
}

/* --- what changed --- */

static enum ov_status add_to_compared(struct reviewing *reviewing, const struct review_entry *row)
{
    uint8_t pseudonym[LEDGER_PSEUDONYM_BYTES];
    struct ov_secret reference = OV_SECRET_INIT;
    enum ov_status status =
        vault_unseal(reviewing->key, "entry.reference", &row->id, row->sealed_reference.data,
                     row->sealed_reference.size, &reference, reviewing->err);
    if (status == OV_OK)
        status = ledger_key_pseudonym(reviewing->ledger, reference.data, reference.size, pseudonym,
                                      reviewing->err);
    ov_secret_free(&reference);
    if (status == OV_OK)
        status = relisting_add_entry(reviewing->relisting, &row->id, pseudonym, reviewing->err);
    ov_wipe(pseudonym, sizeof(pseudonym));
    return status;
}

static struct change *next_change(struct reviewing *reviewing)
{
    if (reviewing->count == reviewing->capacity) {
        size_t more = reviewing->capacity == 0 ? 256 : reviewing->capacity * 2;
        struct change *changes = realloc(reviewing->changes, more * sizeof(*changes));
        if (changes == NULL)
            return NULL;
        reviewing->changes = changes;
        reviewing->capacity = more;
    }
    return &reviewing->changes[reviewing->count++];
}

static enum ov_status on_entry(void *ctx, const struct review_entry *row)
{
    struct reviewing *reviewing = ctx;
    struct change *change = next_change(reviewing);
    if (change == NULL)
        return ov_fail(reviewing->err, OV_ERR_NOMEM, "memory", "out of memory");
    *change = (struct change){{.id = row->id, .state = row->state}, NOT_COMPARED};
    memcpy(change->row.category, row->category, sizeof(row->category));
    if (row->state != ENTRY_APPROVED || row->sealed_reference.data == NULL)
        return OV_OK;
    change->number = reviewing->compared++;
    return add_to_compared(reviewing, row);
}

static enum ov_status on_image(void *ctx, const struct listed_image *row)
{
    struct reviewing *reviewing = ctx;
    uint8_t digest[LEDGER_IMAGE_BYTES];
    if (ov_id_is_zero(&row->image_id) || !relisting_has_entry(reviewing->relisting, &row->entry_id))
        return OV_OK;
    enum ov_status status =
        ledger_image_open(reviewing->ledger, reviewing->key, row, digest, reviewing->err);
    if (status == OV_OK)
        status = relisting_add_image(reviewing->relisting, &row->entry_id, digest, reviewing->err);
    ov_wipe(digest, sizeof(digest));
    return status;
}

static enum ov_status read_list(struct reviewing *reviewing, struct ov_error *err)
{
    struct store *store = reviewing->service->store;
    const struct ov_id *id = reviewing->deployment_id;
    enum ov_status status = store_review_figures(store, id, &reviewing->review->figures, err);
    if (status == OV_OK)
        status = store_review_each(store, id, on_entry, reviewing, err);
    if (status != OV_OK || reviewing->compared == 0)
        return status;
    relisting_entries_done(reviewing->relisting);
    status = store_listed_image_each(store, id, on_image, reviewing, err);
    relisting_images_done(reviewing->relisting);
    return status;
}

/* --- what is shown of it --- */

static void count_change(struct reviewing *reviewing, struct change *change)
{
    struct review_relisted *counts = &reviewing->review->relisted;
    if (change->number == NOT_COMPARED)
        return;
    struct relisted outcome = relisting_outcome(reviewing->relisting, change->number);
    change->row.images = outcome.images;
    change->row.other_reference = outcome.other_reference;
    counts->other_reference += outcome.other_reference;
    counts->all += outcome.images != REVIEW_NOT_LISTED;
    counts->same_images += outcome.images == REVIEW_IMAGES_SAME;
    counts->new_images += outcome.images == REVIEW_IMAGES_NEW;
    counts->images_unknown += outcome.images == REVIEW_IMAGES_UNKNOWN;
}

/* What needs a look comes first: 0 to 3. */
static int rank(const struct review_row *row)
{
    if (row->other_reference)
        return 0;
    if (row->images != REVIEW_NOT_LISTED)
        return 1;
    return row->state != ENTRY_APPROVED ? 2 : 3;
}

static void choose_rows(const struct reviewing *reviewing)
{
    struct review *review = reviewing->review;
    for (int now = 0; now <= 3; now++) {
        for (size_t i = 0; i < reviewing->count && review->row_count < REVIEW_ROWS_MAX; i++)
            if (rank(&reviewing->changes[i].row) == now)
                review->rows[review->row_count++] = reviewing->changes[i].row;
    }
    review->not_shown = (int64_t)(reviewing->count - review->row_count);
}

static enum ov_status look(struct reviewing *reviewing, struct ov_error *err)
{
    memset(reviewing->review, 0, sizeof(*reviewing->review));
    reviewing->count = reviewing->compared = 0;
    enum ov_status status = relisting_new(&reviewing->relisting, err);
    if (status == OV_OK)
        status = read_list(reviewing, err);
    if (status == OV_OK)
        status = relisting_compare(reviewing->service, reviewing->ledger, reviewing->deployment_id,
                                   reviewing->relisting, &reviewing->review->relisted, err);
    for (size_t i = 0; i < reviewing->count && status == OV_OK; i++)
        count_change(reviewing, &reviewing->changes[i]);
    relisting_free(reviewing->relisting);
    reviewing->relisting = NULL;
    if (status == OV_OK)
        choose_rows(reviewing);
    return status;
}

/* --- on record --- */

static enum ov_status write_review(const struct reviewing *reviewing, const char *name,
                                   struct ov_error *err)
{
    const struct review_figures *figures = &reviewing->review->figures;
    const struct review_relisted *relisted = &reviewing->review->relisted;
    struct audit_event *event =
        audit_event_new(name, reviewing->actor, act_now_us(reviewing->service));
    audit_event_deployment(event, reviewing->deployment_id);
    audit_event_object(event, "deployment", reviewing->deployment_id);
    audit_event_int(event, "list_version", figures->list_version);
    audit_event_int(event, "approved", figures->approved);
    audit_event_int(event, "blue_list", figures->blue_list);
    audit_event_int(event, "added", figures->added);
    audit_event_int(event, "removed", figures->removed);
    audit_event_int(event, "expired", figures->expired);
    audit_event_int(event, "relisted", relisted->all);
    audit_event_int(event, "relisted_same_images", relisted->same_images);
    audit_event_int(event, "relisted_new_images", relisted->new_images);
    audit_event_int(event, "relisted_images_unknown", relisted->images_unknown);
    audit_event_int(event, "other_reference", relisted->other_reference);
    audit_event_int(event, "lists_compared", relisted->lists_compared);
    audit_event_int(event, "lists_not_compared", relisted->lists_not_compared);
    return audit_event_write(reviewing->service->store, event, err);
}

static enum ov_status stale(struct ov_error *err)
{
    return ov_fail(err, OV_ERR_CONFLICT, "review.stale",
                   "the list has changed since you looked; look again before you confirm");
}

static enum ov_status confirm(const struct reviewing *reviewing, int64_t list_version,
                              struct ov_error *err)
{
    const struct review_figures *figures = &reviewing->review->figures;
    if (figures->list_version != list_version)
        return stale(err);
    if (figures->approved < 1)
        return ov_fail(err, OV_ERR_STATE, "deployment.no_entries",
                       "the watchlist has no approved entry; there is nothing to confirm");
    return store_review_add(reviewing->service->store, reviewing->deployment_id,
                            &reviewing->actor->principal.id, act_now_us(reviewing->service),
                            figures, &reviewing->review->relisted, err);
}

/* Under the lock: nothing was approved, withdrawn, expired or reviewed since it was looked at. */
static enum ov_status check_unchanged(const struct reviewing *reviewing, struct ov_error *err)
{
    const struct review_figures *seen = &reviewing->review->figures;
    struct review_figures now = {.approved = 0};
    enum ov_status status =
        store_review_figures(reviewing->service->store, reviewing->deployment_id, &now, err);
    if (status == OV_OK &&
        (now.list_version != seen->list_version || now.last_at_us != seen->last_at_us))
        status = stale(err);
    return status;
}

/* list_version: NULL to look only. */
static enum ov_status record(const struct reviewing *reviewing, const int64_t *list_version,
                             struct ov_error *err)
{
    enum ov_status status = watchlist_lock(reviewing->service, reviewing->deployment_id, err);
    if (status == OV_OK)
        status = check_unchanged(reviewing, err);
    if (status == OV_OK && list_version != NULL)
        status = confirm(reviewing, *list_version, err);
    return status == OV_OK
               ? write_review(reviewing,
                              list_version != NULL ? "watchlist.reviewed" : "watchlist.review_seen",
                              err)
               : status;
}

static enum ov_status look_and_record(struct reviewing *reviewing, const int64_t *list_version,
                                      struct ov_error *err)
{
    enum ov_status status = look(reviewing, err);
    if (status == OV_OK)
        status = act_begin(reviewing->service, err);
    if (status == OV_OK)
        status = act_end(reviewing->service, record(reviewing, list_version, err), err);
    return status;
}

/* Others may be approving meanwhile: whoever only looks sees the list as it is after that. */
static enum ov_status look_again(struct reviewing *reviewing, struct ov_error *err)
{
    enum ov_status status = OV_ERR_CONFLICT;
    for (int i = 0; i < ATTEMPTS && status == OV_ERR_CONFLICT; i++) {
        ov_error_clear(err);
        status = look_and_record(reviewing, NULL, err);
    }
    return status;
}

static enum ov_status review(struct service *service, const struct actor *actor,
                             const struct ov_id *deployment_id, const int64_t *list_version,
                             struct review *ret, struct ov_error *err)
{
    struct vault_key *key = NULL;
    struct ledger_key *ledger = NULL;
    enum ov_status status = check_permission(actor, ACTION_WATCHLIST_REVIEW, err);
    if (status == OV_OK) /* before its key: a draft has none yet, an erased list none any more */
        status = watchlist_check_open(service, deployment_id, err);
    if (status == OV_OK)
        status = vault_key_load(service->vault, VAULT_WATCHLIST, deployment_id, &key, err);
    if (status == OV_OK)
        status = ledger_open(service, &ledger, err);
    struct reviewing reviewing = {.service = service,
                                  .actor = actor,
                                  .deployment_id = deployment_id,
                                  .key = key,
                                  .ledger = ledger,
                                  .review = ret,
                                  .err = err};
    if (status == OV_OK)
        status = list_version != NULL ? look_and_record(&reviewing, list_version, err)
                                      : look_again(&reviewing, err);
    ledger_key_free(ledger);
    vault_key_free(key);
    free(reviewing.changes);
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
