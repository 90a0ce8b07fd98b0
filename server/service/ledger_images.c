/*
 * Digests of images for the ledger: sealed beside an image when it comes, opened when its list is
 * compared or erased. An image without one is opened itself. In the clear a digest beside an entry
 * would lead from the ledger to the entry, so it goes from here into the ledger's own table only,
 * sorted among those of the whole list.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "server/service/ledger.h"
#include "server/service/service.h"
#include "server/store/erasures.h"
#include "server/vault/vault.h"

#define COLUMN "image.ledger_digest"

enum ov_status ledger_image_seal(struct service *service, const struct vault_key *list_key,
                                 const struct ov_id *image_id, struct store_bytes jpeg,
                                 struct ov_secret *ret_sealed, struct ov_error *err)
{
    struct ledger_key *ledger = NULL;
    struct ov_error why = OV_ERROR_INIT;
    uint8_t digest[LEDGER_IMAGE_BYTES];
    if (ledger_open(service, &ledger, &why) != OV_OK) {
        ov_log(OV_LOG_WARNING, "ledger", "image_without_digest", "code=%s", why.code);
        return OV_OK;
    }
    enum ov_status status = ledger_key_image(ledger, jpeg.data, jpeg.size, digest, err);
    ledger_key_free(ledger);
    if (status == OV_OK)
        status = vault_seal(list_key, COLUMN, image_id, digest, sizeof(digest), ret_sealed, err);
    ov_wipe(digest, sizeof(digest));
    return status;
}

enum ov_status ledger_image_open(const struct ledger_key *ledger, const struct vault_key *list_key,
                                 const struct listed_image *row, uint8_t ret[LEDGER_IMAGE_BYTES],
                                 struct ov_error *err)
{
    bool computed = row->sealed_digest.data != NULL;
    struct store_bytes sealed = computed ? row->sealed_digest : row->sealed_jpeg;
    struct ov_secret plain = OV_SECRET_INIT;
    enum ov_status status = vault_unseal(list_key, computed ? COLUMN : "image.jpeg", &row->image_id,
                                         sealed.data, sealed.size, &plain, err);
    if (status == OV_OK && !computed)
        status = ledger_key_image(ledger, plain.data, plain.size, ret, err);
    else if (status == OV_OK && plain.size != LEDGER_IMAGE_BYTES)
        status = ov_fail(err, OV_ERR_CRYPTO, "ledger.image", "a sealed digest has another size");
    else if (status == OV_OK)
        memcpy(ret, plain.data, LEDGER_IMAGE_BYTES);
    ov_secret_free(&plain);
    return status;
}

/* --- writing a list's --- */

struct writing {
    const struct ledger_key *ledger;
    const struct vault_key *list;
    struct ov_buf digests;
    int64_t unreadable;
    struct ov_error *err;
};

/* An image that does not open was altered in the database: like a reference, it is counted. */
static enum ov_status on_image(void *ctx, const struct listed_image *row)
{
    struct writing *writing = ctx;
    struct ov_error why = OV_ERROR_INIT;
    if (ov_id_is_zero(&row->image_id))
        return OV_OK;
    uint8_t digest[LEDGER_IMAGE_BYTES];
    enum ov_status status = ledger_image_open(writing->ledger, writing->list, row, digest, &why);
    if (status == OV_OK)
        return ledger_collect(&writing->digests, digest, writing->err);
    if (status == OV_ERR_CRYPTO)
        writing->unreadable++;
    else
        return ov_fail(writing->err, status, why.code, "%s", why.text);
    return OV_OK;
}

enum ov_status ledger_write_images(struct service *service, const struct ov_id *deployment_id,
                                   const struct ledger_key *ledger,
                                   const struct vault_key *list_key, int64_t *ret_unreadable,
                                   struct ov_error *err)
{
    struct writing writing = {
        .ledger = ledger, .list = list_key, .digests = OV_BUF_INIT, .err = err};
    enum ov_status status =
        store_listed_image_each(service->store, deployment_id, on_image, &writing, err);
    if (status == OV_OK)
        status =
            store_erasure_write_images(service->store, deployment_id,
                                       ledger_sorted(&writing.digests), writing.unreadable, err);
    *ret_unreadable = writing.unreadable;
    ov_buf_free(&writing.digests);
    return status;
}
