/*
 * A list that is still there is opened entry by entry with its own key: reference and digest are
 * opened, held against the set, and wiped. A list of the ledger comes whole, all pseudonyms and all
 * digests of it: what is looked for never goes to the database, whose log could keep it beside the
 * time of an approval. Nothing is locked, so a list may be erased meanwhile: then the ledger has
 * it.
 */
#include "server/service/relisting_lists.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "server/service/ledger.h"
#include "server/service/service.h"
#include "server/store/erasures.h"
#include "server/vault/vault.h"

struct comparing {
    struct service *service;
    const struct ledger_key *ledger;
    struct relisting *relisting;
    const struct vault_key *key; /* of the list that is being opened */
    bool whole;                  /* all of it could be */
    struct other_list *lists;
    size_t count;
    size_t capacity;
    struct ov_error *err;
};

/* --- a list of the ledger --- */

static enum ov_status on_ledger_list(void *ctx, struct store_bytes pseudonyms,
                                     struct store_bytes digests)
{
    struct relisting *relisting = ctx;
    const uint8_t *bytes = pseudonyms.data;
    relisting_begin_list(relisting, digests.size > 0);
    for (size_t at = 0; at + LEDGER_PSEUDONYM_BYTES <= pseudonyms.size;
         at += LEDGER_PSEUDONYM_BYTES)
        relisting_subject(relisting, bytes + at);
    bytes = digests.data;
    for (size_t at = 0; at + LEDGER_IMAGE_BYTES <= digests.size; at += LEDGER_IMAGE_BYTES)
        relisting_image(relisting, bytes + at, NULL);
    return OV_OK;
}

/* --- a list that is there --- */

/* What does not open was altered in the database: the list counts as not compared wholly. */
static enum ov_status skip_altered(struct comparing *comparing, enum ov_status status,
                                   const struct ov_error *why)
{
    if (status != OV_ERR_CRYPTO)
        return ov_fail(comparing->err, status, why->code, "%s", why->text);
    comparing->whole = false;
    return OV_OK;
}

static enum ov_status open_pseudonym(const struct comparing *comparing,
                                     const struct listed_image *row,
                                     uint8_t ret[LEDGER_PSEUDONYM_BYTES], struct ov_error *err)
{
    struct ov_secret reference = OV_SECRET_INIT;
    enum ov_status status =
        vault_unseal(comparing->key, "entry.reference", &row->entry_id, row->sealed_reference.data,
                     row->sealed_reference.size, &reference, err);
    if (status == OV_OK)
        status = ledger_key_pseudonym(comparing->ledger, reference.data, reference.size, ret, err);
    ov_secret_free(&reference);
    return status == OV_ERR_INVALID ? OV_ERR_CRYPTO : status; /* empty: nobody could enter that */
}

static enum ov_status on_listed_image(void *ctx, const struct listed_image *row)
{
    struct comparing *comparing = ctx;
    struct ov_error why = OV_ERROR_INIT;
    uint8_t pseudonym[LEDGER_PSEUDONYM_BYTES];
    uint8_t digest[LEDGER_IMAGE_BYTES];
    enum ov_status status = open_pseudonym(comparing, row, pseudonym, &why);
    if (status != OV_OK)
        return skip_altered(comparing, status, &why);
    relisting_subject(comparing->relisting, pseudonym);
    if (!ov_id_is_zero(&row->image_id)) {
        status = ledger_image_open(comparing->ledger, comparing->key, row, digest, &why);
        if (status == OV_OK)
            relisting_image(comparing->relisting, digest, pseudonym);
        else
            status = skip_altered(comparing, status, &why);
        ov_wipe(digest, sizeof(digest));
    }
    ov_wipe(pseudonym, sizeof(pseudonym));
    return status;
}

static enum ov_status open_list(struct comparing *comparing, const struct ov_id *id,
                                struct ov_error *err)
{
    struct vault_key *key = NULL;
    struct ov_error why = OV_ERROR_INIT;
    char text[OV_ID_TEXT_SIZE];
    comparing->whole = true;
    enum ov_status status =
        vault_key_load(comparing->service->vault, VAULT_WATCHLIST, id, &key, &why);
    if (status != OV_OK) {
        ov_log(OV_LOG_WARNING, "review", "list_not_compared", "deployment=%s code=%s",
               ov_id_format(id, text), why.code);
        comparing->whole = false;
        return OV_OK;
    }
    comparing->key = key;
    relisting_begin_list(comparing->relisting, true);
    status =
        store_listed_image_each(comparing->service->store, id, on_listed_image, comparing, err);
    vault_key_free(key);
    return status;
}

static enum ov_status in_ledger_by_now(struct service *service, const struct ov_id *id,
                                       bool *ret_written, struct ov_error *err)
{
    struct list_erasure erasure;
    struct ov_error why = OV_ERROR_INIT;
    enum ov_status status = store_erasure_get(service->store, id, &erasure, &why);
    *ret_written = status == OV_OK && erasure.ledger == ERASURE_LEDGER_WRITTEN;
    return status == OV_OK || status == OV_ERR_NOT_FOUND
               ? OV_OK
               : ov_fail(err, why.status, why.code, "%s", why.text);
}

/* --- one after the other --- */

static enum ov_status compare(struct comparing *comparing, const struct other_list *list,
                              struct review_relisted *counts, struct ov_error *err)
{
    enum ov_status status = OV_OK;
    bool written = list->in_ledger;
    bool whole = false;
    if (!written) {
        status = open_list(comparing, &list->deployment_id, err);
        whole = comparing->whole;
        if (status == OV_OK)
            status = in_ledger_by_now(comparing->service, &list->deployment_id, &written, err);
    }
    if (status == OV_OK && written)
        status = store_ledger_list_get(comparing->service->store, &list->deployment_id,
                                       on_ledger_list, comparing->relisting, err);
    if (status == OV_OK && (written || whole))
        counts->lists_compared++;
    else if (status == OV_OK)
        counts->lists_not_compared++;
    return status;
}

static enum ov_status note_list(void *ctx, const struct other_list *list)
{
    struct comparing *comparing = ctx;
    if (comparing->count == comparing->capacity) {
        size_t more = comparing->capacity == 0 ? 64 : comparing->capacity * 2;
        struct other_list *lists = realloc(comparing->lists, more * sizeof(*lists));
        if (lists == NULL)
            return ov_fail(comparing->err, OV_ERR_NOMEM, "memory", "out of memory");
        comparing->lists = lists;
        comparing->capacity = more;
    }
    comparing->lists[comparing->count++] = *list;
    return OV_OK;
}

enum ov_status relisting_compare(struct service *service, const struct ledger_key *ledger,
                                 const struct ov_id *deployment_id, struct relisting *relisting,
                                 struct review_relisted *counts, struct ov_error *err)
{
    struct comparing comparing = {
        .service = service, .ledger = ledger, .relisting = relisting, .err = err};
    enum ov_status status =
        store_other_list_each(service->store, deployment_id, note_list, &comparing, err);
    for (size_t i = 0; i < comparing.count && status == OV_OK; i++)
        status = compare(&comparing, &comparing.lists[i], counts, err);
    free(comparing.lists);
    return status;
}
