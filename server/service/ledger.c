/* Opening the ledger, asking it, and writing a list into it. */
#include "server/service/ledger.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/service/act.h"
#include "server/store/erasures.h"
#include "server/vault/vault.h"

/* --- the key --- */

static enum ov_status prove(struct service *service, const struct ledger_key *key,
                            struct ov_error *err)
{
    uint8_t known[LEDGER_PSEUDONYM_BYTES];
    uint8_t fingerprint[LEDGER_PSEUDONYM_BYTES];
    enum ov_status status = store_ledger_key_get(service->store, known, err);
    if (status == OV_OK)
        status = ledger_key_fingerprint(key, fingerprint, err);
    if (status == OV_OK && memcmp(known, fingerprint, sizeof(known)) != 0)
        status =
            ov_fail(err, OV_ERR_CRYPTO, "ledger.wrong_key",
                    "%s is not the key of this installation's membership ledger; put the right "
                    "one back, nothing was changed",
                    service->ledger_key);
    return status;
}

enum ov_status ledger_open(struct service *service, struct ledger_key **ret_key,
                           struct ov_error *err)
{
    struct ledger_key *key = NULL;
    if (service->ledger_key == NULL)
        return ov_fail(err, OV_ERR_INTERNAL, "ledger.no_path", "no ledger key is configured");
    enum ov_status status = ledger_key_load(service->ledger_key, &key, err);
    if (status == OV_OK)
        status = prove(service, key, err);
    if (status != OV_OK) {
        ledger_key_free(key);
        return status;
    }
    *ret_key = key;
    return OV_OK;
}

static enum ov_status note_key(struct service *service, const struct ledger_key *key,
                               struct ov_error *err)
{
    uint8_t fingerprint[LEDGER_PSEUDONYM_BYTES];
    enum ov_status status = ledger_key_fingerprint(key, fingerprint, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = store_ledger_key_add(service->store, fingerprint, err);
    if (status == OV_OK) {
        struct audit_event *event =
            audit_event_new("ledger.key_noted", act_server(), act_now_us(service));
        audit_event_digest(event, "fingerprint", fingerprint, sizeof(fingerprint));
        status = audit_event_write(service->store, event, err);
    }
    return act_end(service, status, err);
}

enum ov_status service_ledger_init(struct service *service, struct ov_error *err)
{
    uint8_t known[LEDGER_PSEUDONYM_BYTES];
    struct ov_error inner = OV_ERROR_INIT;
    struct ledger_key *key = NULL;
    enum ov_status noted = store_ledger_key_get(service->store, known, &inner);
    if (noted != OV_OK && noted != OV_ERR_NOT_FOUND)
        return ov_fail(err, inner.status, inner.code, "%s", inner.text);
    enum ov_status status = OV_OK;
    if (noted == OV_ERR_NOT_FOUND && access(service->ledger_key, F_OK) != 0)
        status = ledger_key_make(service->ledger_key, err);
    if (status == OV_OK)
        status = ledger_key_load(service->ledger_key, &key, err);
    if (status == OV_OK)
        status = noted == OV_OK ? prove(service, key, err) : note_key(service, key, err);
    ledger_key_free(key);
    return status;
}

/* --- asking --- */

enum ov_status service_ledger_lists(struct service *service,
                                    const uint8_t pseudonym[LEDGER_PSEUDONYM_BYTES], int32_t day,
                                    const struct ov_id *deployment_id,
                                    enum ov_status (*on_list)(void *ctx, const struct membership *),
                                    void *ctx, struct ov_error *err)
{
    return store_membership_each(service->store, pseudonym, day, deployment_id, on_list, ctx, err);
}

/* --- writing a list --- */

struct writing {
    const struct ledger_key *ledger;
    const struct vault_key *list;
    struct ov_buf pseudonyms;
    int64_t unreadable;
    struct ov_error *err;
};

/* A reference that does not open was altered in the database: it does not keep the list from being
 * erased, and is counted. */
static enum ov_status on_reference(void *ctx, const struct entry_reference *row)
{
    struct writing *writing = ctx;
    struct ov_secret reference = OV_SECRET_INIT;
    struct ov_error ignored = OV_ERROR_INIT;
    enum ov_status status =
        vault_unseal(writing->list, "entry.reference", &row->entry_id, row->sealed_reference.data,
                     row->sealed_reference.size, &reference, &ignored);
    if (status == OV_ERR_CRYPTO || (status == OV_OK && reference.size == 0)) {
        writing->unreadable++;
        return OV_OK;
    }
    if (status != OV_OK)
        return ov_fail(writing->err, status, ignored.code, "%s", ignored.text);
    uint8_t pseudonym[LEDGER_PSEUDONYM_BYTES];
    status = ledger_key_pseudonym(writing->ledger, reference.data, reference.size, pseudonym,
                                  writing->err);
    ov_secret_free(&reference);
    return status == OV_OK ? ledger_collect(&writing->pseudonyms, pseudonym, writing->err) : status;
}

enum ov_status ledger_collect(struct ov_buf *list, const uint8_t row[LEDGER_ROW_BYTES],
                              struct ov_error *err)
{
    ov_buf_append(list, row, LEDGER_ROW_BYTES);
    return list->failed ? ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory") : OV_OK;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, LEDGER_ROW_BYTES);
}

struct store_bytes ledger_sorted(struct ov_buf *list)
{
    if (list->length > 0)
        qsort(list->data, list->length / LEDGER_ROW_BYTES, LEDGER_ROW_BYTES, compare);
    return (struct store_bytes){list->data, list->length};
}

enum ov_status ledger_write_list(struct service *service, const struct ov_id *deployment_id,
                                 const struct vault_key *list_key, int64_t *ret_subjects,
                                 int64_t *ret_unreadable, struct ov_error *err)
{
    struct ledger_key *ledger = NULL;
    int64_t unreadable_images = 0;
    enum ov_status status = ledger_open(service, &ledger, err);
    if (status != OV_OK)
        return status;
    struct writing writing = {
        .ledger = ledger, .list = list_key, .pseudonyms = OV_BUF_INIT, .err = err};
    status = store_entry_each_reference(service->store, deployment_id, on_reference, &writing, err);
    if (status == OV_OK) {
        status = store_erasure_write_ledger(service->store, deployment_id,
                                            ledger_sorted(&writing.pseudonyms), writing.unreadable,
                                            ret_subjects, err);
    }
    if (status == OV_OK)
        status =
            ledger_write_images(service, deployment_id, ledger, list_key, &unreadable_images, err);
    if (status == OV_OK)
        *ret_unreadable = writing.unreadable + unreadable_images;
    ledger_key_free(ledger);
    ov_buf_free(&writing.pseudonyms);
    return status;
}
